#!/usr/bin/env bash
#
# Records what a real API server answers: each request and its answer in a file of recordings/, and
# their order in recordings/index.json. Starts a control plane of its own.
#
#   record.sh            write recordings/ anew
#   record.sh --check    compare with what is there; exit code 1 when they differ

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly here

work=$(mktemp -d)
cluster=$work/cluster
out=$work/recordings
readonly work cluster out
mkdir "$out"
cleanup() {
  "$here/cluster.sh" down "$cluster"
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

names=()
token=

# record NAME METHOD PATH [BODY]
#
# Set for one call:  user    admin (the default), nobody, stranger (a bad token) or none
#                    accept  the Accept header
#                    type    the Content-Type, application/json unless given
#
# In BODY and PATH, @RV@ is the present resourceVersion of what GET PATH answers, and @CONTINUE@ is
# the continue token of the list recorded last. The recording keeps the placeholders.
record() {
  local name=$1 method=$2 path=$3 body=${4:-} sent_path sent_body arguments=()
  local as=${user:-admin} content_type=${type:-application/json}
  sent_path=${path//@CONTINUE@/$token}
  sent_body=$body
  if [[ $body == *@RV@* ]]; then
    sent_body=${body//@RV@/$(get "${path%%\?*}" | grep -o '"resourceVersion": *"[0-9]*"' |
      head -n 1 | grep -o '[0-9]*')}
  fi
  case $as in
    admin) arguments+=(--cert "$cluster/admin.crt" --key "$cluster/admin.key") ;;
    nobody) arguments+=(-H "Authorization: Bearer $(< "$cluster/nobody.token")") ;;
    stranger) arguments+=(-H "Authorization: Bearer stranger") ;;
    none) ;;
  esac
  [[ -z ${accept:-} ]] || arguments+=(-H "Accept: $accept")
  [[ -z $body ]] || arguments+=(-H "Content-Type: $content_type" --data-raw "$sent_body")
  curl -sS -N --max-time 60 --cacert "$cluster/ca.crt" -X "$method" "${arguments[@]}" \
    -D "$work/$name.headers" -o "$work/$name.body" "$(< "$cluster/url")$sent_path"
  # Only lists have one, and only those that do not end there.
  token=$(grep -o '"continue": *"[^"]*"' "$work/$name.body" | cut -d '"' -f 4 || true)
  python3 "$here/record.py" --user "$as" --method "$method" --path "$path" \
    --accept "${accept:-}" --content-type "$content_type" --body "$body" \
    "$work/$name.headers" "$work/$name.body" > "$out/$name.json"
  names+=("$name")
  printf '%s  %s\n' "$(grep -a ^HTTP/ "$work/$name.headers" | tail -n 1 | cut -d ' ' -f 2)" \
    "$name" >&2
}

get() { "$here/cluster.sh" curl "$cluster" "$1" --fail; }

deployment() {
  echo "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"$1\"," \
    "\"labels\":{\"app\":\"$1\"}},\"spec\":{\"replicas\":${2:-1},\"selector\":{\"matchLabels\":" \
    "{\"app\":\"$1\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"$1\"}},\"spec\":" \
    "{\"containers\":[{\"name\":\"main\",\"image\":\"main:1\",\"resources\":{\"requests\":" \
    "{\"cpu\":\"100m\"}}}]}}}}" | tr -d '\n'
}

scale() {
  echo "{\"apiVersion\":\"autoscaling/v1\",\"kind\":\"Scale\",\"metadata\":{\"name\":\"$1\"," \
    "\"namespace\":\"shop\",\"resourceVersion\":\"$2\"},\"spec\":{\"replicas\":$3}}"
}

readonly merge=application/merge-patch+json
readonly table='application/json;as=Table;v=v1;g=meta.k8s.io'
readonly core=/api/v1/namespaces/shop
readonly apps=/apis/apps/v1/namespaces/shop
readonly plus=/apis/apps.example.com/v1/namespaces/shop/statefulsetpluses

discovery() {
  record version GET /version
  record api GET /api
  record apis GET /apis
  record apis-apps GET /apis/apps
  record apis-apps-v1 GET /apis/apps/v1
  record apis-example GET /apis/apps.example.com/v1
  accept='application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' \
    record apis-aggregated GET /apis
  record readyz GET /readyz
}

objects() {
  record namespace-create POST /api/v1/namespaces \
    '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}'
  record deployment-create-dry-run POST "$apps/deployments?dryRun=All" "$(deployment web)"
  record deployment-create POST "$apps/deployments" "$(deployment web)"
  record deployment-create-duplicate POST "$apps/deployments" "$(deployment web)"
  record deployment-get GET "$apps/deployments/web"
  record deployment-get-missing GET "$apps/deployments/none"
  record deployment-create-in-missing-namespace POST \
    /apis/apps/v1/namespaces/none/deployments "$(deployment web)"
  record deployment-create-wrong-namespace POST "$apps/deployments" \
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x","namespace":"default"}}'
  record deployment-create-wrong-kind POST "$apps/deployments" \
    '{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"x"}}'
  record deployment-create-malformed POST "$apps/deployments" '{"apiVersion":"apps/v1",'
  record deployment-create-wrong-type POST "$apps/deployments" \
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":{"replicas":"two"}}'
  record deployment-create-invalid POST "$apps/deployments" \
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"X_"},"spec":{"replicas":-1}}'
  local unknown
  unknown=$(deployment odd)
  unknown=${unknown/'"replicas":1'/'"replicas":1,"replica":2'}
  record deployment-create-unknown-field-strict POST \
    "$apps/deployments?fieldValidation=Strict&dryRun=All" "$unknown"
  record deployment-create-unknown-field-warn POST \
    "$apps/deployments?fieldValidation=Warn&dryRun=All" "$unknown"
  record deployment-create-duplicate-field-strict POST \
    "$apps/deployments?fieldValidation=Strict&dryRun=All" \
    "$(deployment odd | sed 's/"replicas":1/"replicas":1,"replicas":2/')"
  record unknown-resource GET "$apps/gadgets"
  record unknown-group GET /apis/gadgets.example.com/v1/gadgets
  record unknown-path GET /gadgets
  record method-not-allowed POST "$apps/deployments/web" "$(deployment web)"
  accept=text/html record not-acceptable GET "$apps/deployments/web"
  type=text/plain record unsupported-media-type POST "$apps/deployments" "$(deployment x)"
}

lists() {
  local name
  for name in a b c d; do
    record "deployment-create-$name" POST "$apps/deployments" "$(deployment "$name" 0)"
  done
  record deployment-list-page-1 GET "$apps/deployments?limit=2"
  record deployment-list-page-2 GET "$apps/deployments?limit=2&continue=@CONTINUE@"
  record deployment-list-page-3 GET "$apps/deployments?limit=2&continue=@CONTINUE@"
  record deployment-list-bad-continue GET "$apps/deployments?limit=2&continue=nonsense"
  record deployment-list-all-namespaces GET '/apis/apps/v1/deployments?labelSelector=app%3Da'
  record deployment-list-labels GET "$apps/deployments?labelSelector=app+in+(a,b),app!%3Db"
  record deployment-list-labels-bad GET "$apps/deployments?labelSelector=app+in+a"
  record deployment-list-fields GET "$apps/deployments?fieldSelector=metadata.name%3Da"
  record deployment-list-fields-bad GET "$apps/deployments?fieldSelector=spec.replicas%3D1"
  record deployment-list-empty GET "$apps/deployments?labelSelector=app%3Dnone"
  record deployment-list-in-missing-namespace GET /apis/apps/v1/namespaces/none/deployments
  record deployment-list-any-version GET \
    "$apps/deployments?labelSelector=app%3Da&resourceVersion=0"
  accept='application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' \
    record deployment-list-metadata GET "$apps/deployments?labelSelector=app%3Da"
  accept=$table record deployment-table GET "$apps/deployments?limit=2"
  accept=$table record deployment-table-one GET "$apps/deployments/web"
}

updates() {
  record deployment-put-stale PUT "$apps/deployments/web" \
    "$(deployment web 2 | sed 's/"name":"web",/"name":"web","resourceVersion":"1",/')"
  record deployment-put PUT "$apps/deployments/web" \
    "$(deployment web 2 | sed 's/"name":"web",/"name":"web","resourceVersion":"@RV@",/')"
  record deployment-put-without-version PUT "$apps/deployments/web" "$(deployment web 3)"
  record deployment-put-other-name PUT "$apps/deployments/web" "$(deployment other)"
  record deployment-put-missing PUT "$apps/deployments/none" "$(deployment none)"
  type=$merge record deployment-merge-patch PATCH "$apps/deployments/web" \
    '{"metadata":{"annotations":{"note":"one"}},"spec":{"replicas":4}}'
  type=$merge record deployment-merge-patch-stale PATCH "$apps/deployments/web" \
    '{"metadata":{"resourceVersion":"1"},"spec":{"replicas":4}}'
  type=$merge record deployment-merge-patch-missing PATCH "$apps/deployments/none" '{"spec":{}}'
  type=application/json-patch+json record deployment-json-patch PATCH "$apps/deployments/web" \
    '[{"op":"test","path":"/spec/replicas","value":4},
    {"op":"remove","path":"/metadata/annotations/note"}]'
  type=application/json-patch+json record deployment-json-patch-test-fails PATCH \
    "$apps/deployments/web" '[{"op":"test","path":"/spec/replicas","value":9}]'
  type=application/json record deployment-patch-media-type PATCH "$apps/deployments/web" '{}'
  type=application/apply-patch+yaml record deployment-apply-conflict PATCH \
    "$apps/deployments/web?fieldManager=recorder" \
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":7}}'
  type=application/apply-patch+yaml record deployment-apply-force PATCH \
    "$apps/deployments/web?fieldManager=recorder&force=true" \
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":7}}'
  type=$merge record deployment-status-patch PATCH "$apps/deployments/web/status" \
    '{"status":{"replicas":2,"readyReplicas":1,"observedGeneration":1},"spec":{"replicas":99}}'
}

# scales KIND PATH: the scale subresource of the object there
scales() {
  local kind=$1 path=$2 name=${2##*/}
  record "$kind-scale-get" GET "$path/scale"
  record "$kind-scale-put-stale" PUT "$path/scale" "$(scale "$name" 1 3)"
  record "$kind-scale-put" PUT "$path/scale" "$(scale "$name" @RV@ 3)"
  record "$kind-scale-put-without-version" PUT "$path/scale" "$(scale "$name" '' 4)"
  record "$kind-scale-put-negative" PUT "$path/scale" "$(scale "$name" @RV@ -1)"
  record "$kind-scale-put-other-name" PUT "$path/scale" "$(scale other '' 4)"
  record "$kind-scale-get-missing" GET "${path%/*}/none/scale"
  record "$kind-scale-put-missing" PUT "${path%/*}/none/scale" "$(scale none '' 4)"
  type=$merge record "$kind-scale-patch" PATCH "$path/scale" '{"spec":{"replicas":5}}'
  type=$merge record "$kind-scale-patch-stale" PATCH "$path/scale" \
    '{"metadata":{"resourceVersion":"1"},"spec":{"replicas":6}}'
}

workloads() {
  scales deployment "$apps/deployments/web"
  record statefulset-create POST "$apps/statefulsets" "$(deployment db |
    sed 's/Deployment/StatefulSet/; s/"spec":{"replicas"/"spec":{"serviceName":"db","replicas"/')"
  scales statefulset "$apps/statefulsets/db"

  record custom-create POST "$plus" '{"apiVersion":"apps.example.com/v1","kind":"StatefulSetPlus",
    "metadata":{"name":"kv"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"kv"}}}}'
  record custom-create-invalid POST "$plus" '{"apiVersion":"apps.example.com/v1",
    "kind":"StatefulSetPlus","metadata":{"name":"bad"},"spec":{"replicas":-2}}'
  record custom-create-wrong-type POST "$plus" '{"apiVersion":"apps.example.com/v1",
    "kind":"StatefulSetPlus","metadata":{"name":"bad"},"spec":{"replicas":"two","selector":{}}}'
  record custom-create-unknown-field-strict POST "$plus?fieldValidation=Strict" \
    '{"apiVersion":"apps.example.com/v1","kind":"StatefulSetPlus","metadata":{"name":"bad"},
    "spec":{"replica":2,"selector":{}}}'
  record custom-get GET "$plus/kv"
  record custom-scale-get-without-status GET "$plus/kv/scale"
  type=$merge record custom-status-patch PATCH "$plus/kv/status" \
    '{"status":{"replicas":2,"selector":"app=kv"},"spec":{"replicas":99}}'
  type=$merge record custom-status-patch-stale PATCH "$plus/kv/status" \
    '{"metadata":{"resourceVersion":"1"},"status":{"replicas":3}}'
  type=$merge record custom-status-patch-missing PATCH "$plus/none/status" '{"status":{}}'
  record custom-status-put PUT "$plus/kv/status" \
    '{"apiVersion":"apps.example.com/v1","kind":"StatefulSetPlus","metadata":{"name":"kv",
    "resourceVersion":"@RV@"},"spec":{"replicas":99,"selector":{}},"status":{"replicas":1,
    "selector":"app=kv"}}'
  record custom-put-without-version PUT "$plus/kv" '{"apiVersion":"apps.example.com/v1",
    "kind":"StatefulSetPlus","metadata":{"name":"kv"},"spec":{"selector":{}}}'
  type=application/strategic-merge-patch+json record custom-strategic-patch PATCH "$plus/kv" '{}'
  scales custom "$plus/kv"
  accept=$table record custom-table GET "$plus"
  record custom-list GET "$plus"
}

others() {
  local pod='{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","labels":{"app":"web"}},
    "spec":{"containers":[{"name":"main","image":"main:1"}],"terminationGracePeriodSeconds":0}}'
  record pod-create POST "$core/pods" "$pod"
  type=$merge record pod-status-patch PATCH "$core/pods/web-1/status" \
    '{"status":{"phase":"Running","podIP":"10.1.0.1","startTime":"2026-01-01T00:00:00Z",
    "conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
  accept=$table record pod-table GET "$core/pods"
  record pod-list GET "$core/pods?labelSelector=app%3Dweb"
  record budget-create POST "/apis/policy/v1/namespaces/shop/poddisruptionbudgets" \
    '{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"web"},
    "spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"web"}}}}'
  record pod-evict-retry-after POST "$core/pods/web-1/eviction" \
    '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"web-1"}}'
  record pod-delete DELETE "$core/pods/web-1"

  local leases=/apis/coordination.k8s.io/v1/namespaces/shop/leases
  local lease='{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"leader"'
  record lease-get-missing GET "$leases/leader"
  record lease-create POST "$leases" "$lease},\"spec\":{\"holderIdentity\":\"a\",
    \"leaseDurationSeconds\":15,\"acquireTime\":\"2026-01-01T00:00:00.000000Z\",
    \"renewTime\":\"2026-01-01T00:00:00.000000Z\",\"leaseTransitions\":0}}"
  record lease-put PUT "$leases/leader" "$lease,\"resourceVersion\":\"@RV@\"},\"spec\":{
    \"holderIdentity\":\"a\",\"leaseDurationSeconds\":15,
    \"acquireTime\":\"2026-01-01T00:00:00.000000Z\",\"renewTime\":\"2026-01-01T00:00:05.250000Z\",
    \"leaseTransitions\":0}}"
  record lease-put-stale PUT "$leases/leader" "$lease,\"resourceVersion\":\"1\"},\"spec\":{
    \"holderIdentity\":\"b\",\"leaseDurationSeconds\":15,
    \"renewTime\":\"2026-01-01T00:00:20.000000Z\"}}"
  record lease-put-bad-time PUT "$leases/leader" \
    "$lease},\"spec\":{\"renewTime\":\"2026-01-01T00:00:20Z\"}}"

  local event='"reason":"Scaled","type":"Normal","action":"Scale","reportingInstance":"hpaplus-0"'
  local about='{"apiVersion":"apps/v1","kind":"Deployment","namespace":"shop","name":"web"}'
  record event-create POST /apis/events.k8s.io/v1/namespaces/shop/events \
    "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"web.1\"},
    $event,\"reportingController\":\"hpaplus\",\"eventTime\":\"2026-01-01T00:00:00.000000Z\",
    \"note\":\"from 2 to 3\",\"regarding\":$about}"
  type=$merge record event-series-patch PATCH /apis/events.k8s.io/v1/namespaces/shop/events/web.1 \
    '{"series":{"count":2,"lastObservedTime":"2026-01-01T00:01:00.000000Z"}}'
  record event-create-invalid POST /apis/events.k8s.io/v1/namespaces/shop/events \
    "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"web.2\"},
    $event,\"regarding\":$about}"
  record event-get-core GET "$core/events/web.1"

  record quota-create POST "$core/resourcequotas" '{"apiVersion":"v1","kind":"ResourceQuota",
    "metadata":{"name":"all"},"spec":{"hard":{"pods":"2","requests.cpu":"1500m",
    "count/deployments.apps":"20"}}}'
  record quota-get GET "$core/resourcequotas/all"
  type=$merge record quota-status-patch PATCH "$core/resourcequotas/all/status" \
    '{"status":{"hard":{"pods":"2","requests.cpu":"1500m","count/deployments.apps":"20"},
    "used":{"pods":"2","requests.cpu":"1200m","count/deployments.apps":"5"}}}'
  record quota-exceeded POST "$core/pods" "${pod//'"image":"main:1"'/\
'"image":"main:1","resources":{"requests":{"cpu":"400m"}}'}"

  local autoscalers=/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers
  record autoscaler-create POST "$autoscalers" '{"apiVersion":"autoscaling/v2",
    "kind":"HorizontalPodAutoscaler","metadata":{"name":"web"},"spec":{"scaleTargetRef":{
    "apiVersion":"apps/v1","kind":"Deployment","name":"web"},"minReplicas":1,"maxReplicas":9,
    "metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization",
    "averageUtilization":60}}}],"behavior":{"scaleDown":{"stabilizationWindowSeconds":60}}}}'
  record autoscaler-create-invalid POST "$autoscalers" '{"apiVersion":"autoscaling/v2",
    "kind":"HorizontalPodAutoscaler","metadata":{"name":"bad"},"spec":{"scaleTargetRef":{
    "kind":"Deployment","name":""},"minReplicas":5,"maxReplicas":3}}'
  accept=$table record autoscaler-table GET "$autoscalers"
  record metrics-absent GET /apis/metrics.k8s.io/v1beta1/namespaces/shop/pods
}

access() {
  user=none record unauthorized-without-credentials GET "$core/pods"
  user=stranger record unauthorized-bad-token GET "$core/pods"
  user=nobody record forbidden-list GET "$core/pods"
  user=nobody record forbidden-get GET "$apps/deployments/web"
  user=nobody record forbidden-scale PUT "$apps/deployments/web/scale" "$(scale web '' 1)"
  user=nobody record forbidden-watch GET "$core/pods?watch=1"
  user=nobody record forbidden-path GET /metrics
  user=nobody record access-review POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews \
    '{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{
    "resourceAttributes":{"namespace":"shop","verb":"list","resource":"pods"}}}'
}

watches() {
  local name version initial maps=$core/configmaps
  for name in a b; do
    "$here/cluster.sh" kubectl "$cluster" -n shop create configmap "$name" > /dev/null
  done
  # Streaming list: what there is, then a bookmark that says so, then the watch proper.
  initial='sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan'
  record watch-initial-events GET "$maps?watch=1&$initial&timeoutSeconds=1"
  record watch-initial-events-without-match GET "$maps?watch=1&sendInitialEvents=true"
  record watch-from-any GET "$maps?watch=1&resourceVersion=0&timeoutSeconds=1"
  accept=$table record watch-table GET \
    "$maps?watch=1&resourceVersion=0&timeoutSeconds=1&labelSelector=x%21%3Dy"
  version=$(get "$maps" | grep -o '"resourceVersion": *"[0-9]*"' | head -n 1 | grep -o '[0-9]*')
  (
    sleep 0.5
    "$here/cluster.sh" kubectl "$cluster" -n shop label configmap a x=y
    "$here/cluster.sh" kubectl "$cluster" -n shop create configmap c
    "$here/cluster.sh" kubectl "$cluster" -n shop delete configmap b
  ) > /dev/null &
  record watch-changes GET "$maps?watch=1&resourceVersion=$version&timeoutSeconds=4"
  wait "$!"
  # A change can make an object enter or leave what a selector selects.
  (
    sleep 0.5
    "$here/cluster.sh" kubectl "$cluster" -n shop label configmap a x-
    "$here/cluster.sh" kubectl "$cluster" -n shop label configmap a x=y
  ) > /dev/null &
  record watch-selector GET \
    "$maps?watch=1&labelSelector=x%3Dy&resourceVersion=0&timeoutSeconds=4"
  wait "$!"
  record watch-bad-version GET "$maps?watch=1&resourceVersion=new"
  record list-future-version GET "$maps?resourceVersion=999999999"
  record list-future-version-exact GET \
    "$maps?resourceVersion=999999999&resourceVersionMatch=Exact"
  record list-bad-match GET "$maps?resourceVersionMatch=Exact"
}

deletions() {
  record custom-delete DELETE "$plus/kv"
  record custom-delete-missing DELETE "$plus/kv"
  record deployment-delete-other-uid DELETE "$apps/deployments/a" \
    '{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"x"}}'
  record deployment-delete DELETE "$apps/deployments/a"
  record deployment-delete-foreground DELETE "$apps/deployments/b" \
    '{"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Foreground"}'
  record deployment-delete-missing DELETE "$apps/deployments/none"
  record deployment-delete-collection DELETE "$apps/deployments?labelSelector=app%3Dc"
  record namespace-delete DELETE /api/v1/namespaces/shop
  record create-in-terminating-namespace POST "$core/configmaps" \
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late"}}'
}

# Last, for it restarts the API server.
expiry() {
  local continued
  get "$apps/deployments?limit=1" > "$work/page"
  continued=$(grep -o '"continue": *"[^"]*"' "$work/page" | cut -d '"' -f 4)
  "$here/cluster.sh" expire "$cluster" > /dev/null
  record watch-expired GET "$apps/deployments?watch=1&resourceVersion=1"
  record list-expired GET "$apps/deployments?resourceVersion=1&resourceVersionMatch=Exact"
  token=$continued
  record list-expired-continue GET "$apps/deployments?limit=1&continue=@CONTINUE@"
}

write_index() {
  printf '%s\n' "${names[@]}" |
    python3 -c 'import json, sys; print(json.dumps(sys.stdin.read().split(), indent=1))' \
      > "$out/index.json"
}

case ${1:-} in
  '' | --check) ;;
  *)
    echo "usage: record.sh [--check]" >&2
    exit 2
    ;;
esac
"$here/cluster.sh" up "$cluster" --owner "$$" > /dev/null
"$here/cluster.sh" kubectl "$cluster" apply -f "$here/testdata/statefulsetplus-crd.yaml" > /dev/null
"$here/cluster.sh" kubectl "$cluster" wait --for=condition=Established --timeout=30s \
  crd/statefulsetpluses.apps.example.com > /dev/null
# Discovery lags behind a little.
until get /apis/apps.example.com/v1 > /dev/null 2>&1; do sleep 0.1; done
discovery
objects
lists
updates
workloads
others
access
watches
deletions
expiry
write_index
if [[ ${1:-} == --check ]]; then
  diff -ru "$here/recordings" "$out"
else
  rm -rf "$here/recordings"
  cp -r "$out" "$here/recordings"
fi
