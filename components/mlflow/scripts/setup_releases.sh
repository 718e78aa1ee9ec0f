# Set MinIO up (setup_minio.sh, beside this file), then make the buckets of releases keep versions: what somebody
# overwrites or deletes by mistake can be had back. May run any number of times.
#
# Reads: what setup_minio.sh reads, and VERSIONED_BUCKETS, names with spaces between, all of them among BUCKETS.
. "$(dirname "$0")/setup_minio.sh"

for bucket in $VERSIONED_BUCKETS; do
  mc version enable "store/$bucket"
done
