# Create buckets, policies and users in MinIO. May run any number of times. Runs in an image with mc, a POSIX shell
# and coreutils; mc's own has no grep.
#
# Reads: MINIO_ADDRESS (host:port), MINIO_ROOT_USER, MINIO_ROOT_PASSWORD; BUCKETS, names with spaces between;
# /etc/minio/policies/<client>.json; /etc/minio/clients/<client>/AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
set -eu

MC_CONFIG_DIR=${MC_CONFIG_DIR:-/tmp/mc}
MC_HOST_store="http://${MINIO_ROOT_USER}:${MINIO_ROOT_PASSWORD}@${MINIO_ADDRESS}"
export MC_CONFIG_DIR MC_HOST_store
FILES=${FILES:-/etc/minio}

tries=0
until mc ls store >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 120 ]; then
    echo "MinIO did not answer in time" >&2
    exit 1
  fi
  sleep 5
done

for bucket in $BUCKETS; do
  mc mb --ignore-existing "store/$bucket"
done

for policy in "$FILES"/policies/*.json; do
  client=$(basename "$policy" .json)
  folder="$FILES/clients/$client"
  user=$(cat "$folder/AWS_ACCESS_KEY_ID")
  # Both replace what is there: a changed policy, a rotated key. The key goes through a pipe, never an argument.
  mc admin policy create store "$client" "$policy"
  printf '%s\n%s\n' "$user" "$(cat "$folder/AWS_SECRET_ACCESS_KEY")" | mc admin user add store
  # Some versions of mc call it an error that nothing changes: then the user has the policy already.
  if ! mc admin policy attach store "$client" --user "$user"; then
    info=$(mc --json admin user info store "$user")
    case $info in
      *'"policyName":"'"$client"'"'* | *'"policyName": "'"$client"'"'*) ;;
      *)
        echo "the user $user has no policy $client" >&2
        exit 1
        ;;
    esac
  fi
done
