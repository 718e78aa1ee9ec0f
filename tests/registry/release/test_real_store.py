"""What moto is trusted with elsewhere, asked of a real MinIO: that it refuses, remembers and lists as S3 documents."""

import base64
import hashlib

import pytest
from botocore.exceptions import ClientError

from tests.registry.release.conftest import PART


def checksum(content):
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture(params=["s3_process", "minio_process"])
def store(request):
    """Client and bucket; without MinIO, the second says so: then no test of this folder ran against a real store."""
    server = request.getfixturevalue(request.param)
    return server.client(), server.bucket()


def test_what_the_release_store_relies_on(store):
    client, bucket = store
    key, large = {"Bucket": bucket, "Key": "a/MLmodel"}, {"Bucket": bucket, "Key": "a/model.pkl"}
    announced = {"ChecksumAlgorithm": "SHA256", "IfNoneMatch": "*"}
    assert refused(client.put_object, Body=b"x", ChecksumSHA256=checksum(b"y"), **announced, **key) == 400
    client.put_object(Body=b"x", ChecksumSHA256=checksum(b"x"), **announced, **key)
    assert refused(client.put_object, Body=b"x", ChecksumSHA256=checksum(b"x"), **announced, **key) == 412
    assert client.head_object(ChecksumMode="ENABLED", **key)["ChecksumSHA256"] == checksum(b"x")

    upload = client.create_multipart_upload(ChecksumAlgorithm="SHA256", **large)["UploadId"]
    etags, contents = [], (b"1" * PART, b"2")
    for number, content in enumerate(contents, start=1):
        part = {"UploadId": upload, "PartNumber": number, "ChecksumAlgorithm": "SHA256", **large}
        assert refused(client.upload_part, Body=content, ChecksumSHA256=checksum(b"y"), **part) == 400
        etags.append(client.upload_part(Body=content, ChecksumSHA256=checksum(content), **part)["ETag"])
    listed = client.list_parts(UploadId=upload, **large)
    assert listed["ChecksumAlgorithm"] == "SHA256"
    assert [part["ChecksumSHA256"] for part in listed["Parts"]] == [checksum(content) for content in contents]
    (found,) = client.list_multipart_uploads(Bucket=bucket, Prefix="a/model.pkl")["Uploads"]
    assert (found["UploadId"], found["Key"]) == (upload, "a/model.pkl")

    parts = [
        {"PartNumber": number, "ETag": etag, "ChecksumSHA256": checksum(content)}
        for number, (etag, content) in enumerate(zip(etags, contents, strict=True), start=1)
    ]
    complete = {"UploadId": upload, "IfNoneMatch": "*", "MultipartUpload": {"Parts": parts}, **large}
    client.put_object(Body=b"first", **large)
    assert refused(client.complete_multipart_upload, **complete) == 412
    client.delete_object(**large)
    client.complete_multipart_upload(**complete)
    assert client.get_object(**large)["Body"].read() == b"".join(contents)
    gone = {"PartNumber": 1, "Body": b"x", **large}
    assert refused(client.upload_part, UploadId=upload, **gone) == 404
