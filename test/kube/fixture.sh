#!/usr/bin/env bash
#
# For CTest: sees to it that the Kubernetes binaries are there.
#
#   fixture.sh prepare FILE   find or build them; exit code 77, and the reason in FILE, when this
#                             machine cannot have them
#   fixture.sh tell FILE      print the reason, if there is one

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly here

prepare() {
  local code=0 why
  rm -f "$1" "$1.log"
  "$here/assets.sh" 2> "$1.log" || code=$?
  cat "$1.log" >&2
  [[ $code == 3 ]] || exit "$code"
  why=$(grep -o 'NO KUBERNETES BINARIES: .*' "$1.log" | tail -n 1)
  echo "SKIPPED: kube suite: ${why% \*\*\*}" | tee "$1"
  exit 77
}

case ${1:-} in
  prepare) prepare "$2" ;;
  tell) [[ ! -s $2 ]] || cat "$2" ;;
  *)
    sed -n 's/^#   //p' "$here/fixture.sh" >&2
    exit 2
    ;;
esac
