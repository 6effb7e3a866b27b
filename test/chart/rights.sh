#!/usr/bin/env bash
#
# Renders the chart, applies it to a real API server and runs the engine as the chart's service
# account: fails on the first thing that the engine is refused, or when it cannot scale.
#
#   rights.sh HPAPLUS [HELM-OPTION...]    exit code 77: no helm or no Kubernetes here
#
# With --set quota.enabled=true it also has quotas to keep.
#
# To see it fail: rights.sh HPAPLUS --set rbac.metricsApis.external=false

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly here root=$here/../.. ns=ops port=$((20000 + RANDOM % 12000))
hpaplus=$(readlink -f "$1")
shift

helm=$("$here/helm.sh" --check) || { echo "SKIPPED: no helm; run test/chart/helm.sh"; exit 77; }
"$root/test/kube/assets.sh" --check > /dev/null || exit 77

dir=$(mktemp -d)
engine=
finish() {
  [[ -z $engine ]] || kill "$engine" 2> /dev/null || true
  "$root/test/kube/cluster.sh" down "$dir" || true
  rm -rf "$dir"
}
trap finish EXIT

kubectl() { "$root/test/kube/cluster.sh" kubectl "$dir" "$@"; }

fail() {
  echo "rights.sh: $*" >&2
  tail -n 20 "$dir/engine.log" >&2
  exit 1
}

"$root/test/kube/cluster.sh" up "$dir" --owner $$
"$helm" lint "$root/charts/hpaplus"

# Everything that can be switched on is what an API server takes.
"$helm" template all "$root/charts/hpaplus" --kube-version 1.30.0 --namespace default \
  --set push.remoteWrite.enabled=true,push.otlp.enabled=true,push.tls.secretName=push \
  --set push.tls.clientCertificates=true,scaler.enabled=true,scaler.tls.secretName=scaler \
  --set 'scaler.clients={keda-operator}' --set podDisruptionBudget.enabled=true,quota.enabled=true \
  --set networkPolicy.enabled=true,config.sources.podMetrics=Kubelet \
  | kubectl apply --dry-run=server -f - > /dev/null || fail "the chart with all options"
if "$helm" template x "$root/charts/hpaplus" --kube-version 1.30.0 --set scaler.enabled=true \
  > /dev/null 2>&1; then
  fail "a scaler without certificates is rendered"
fi
"$helm" template engine "$root/charts/hpaplus" --kube-version 1.30.0 --namespace "$ns" "$@" \
  > "$dir/chart.yaml"
kubectl create namespace "$ns"
kubectl apply --server-side -f "$root/charts/hpaplus/crds"
kubectl wait --for=condition=Established --timeout=30s crd --all
kubectl apply -f "$dir/chart.yaml"
kubectl apply -f "$here/objects.yaml"
quota=
if [[ " $* " == *quota.enabled=true* ]]; then
  quota=yes
  kubectl apply -f "$here/quota.yaml"
fi

cat > "$dir/engine.kubeconfig" << END
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: engine, namespace: $ns}}]
clusters: [{name: test, cluster: {server: "$(< "$dir/url")", certificate-authority: ca.crt}}]
users: [{name: engine, user: {token: $(kubectl create token engine-hpaplus -n "$ns")}}]
END
kubectl get configmap engine-hpaplus -n "$ns" -o 'jsonpath={.data.config\.yaml}' > "$dir/config.yaml"
"$hpaplus" run --config "$dir/config.yaml" --kubeconfig "$dir/engine.kubeconfig" \
  --http-listen "127.0.0.1:$port" > "$dir/engine.log" 2>&1 &
engine=$!

hard() { kubectl get resourcequota "$1" -n "$ns" -o 'jsonpath={.spec.hard.requests\.cpu}'; }
# What quotas need, and what has come of it.
quotas_done() {
  [[ -n $quota ]] || return 0
  [[ $(hard shrinks) == 1 && $(hard grows) == 102 &&
    $1 == *'resource="dynamicquotas/status"'* && $1 == *'resource="quotapools/status"'* &&
    $1 == *'resource="resourcequotas",verb="get"'* ]]
}
metrics() { curl -sS "http://127.0.0.1:$port/metrics" | grep '^hpaplus_kube_requests_total' || true; }
size() { kubectl get deployment web -n "$ns" -o 'jsonpath={.spec.replicas}'; }

# Every kind of request that the engine makes has been made.
for _ in $(seq 60); do
  sleep 0.5
  done_so_far=$(metrics 2> /dev/null || true)
  [[ $(size) == 5 && $done_so_far == *'resource="secrets"'* && $done_so_far == *'verb="create"'* &&
    $done_so_far == *'hpapluses/status'* && $done_so_far == *'metricsources/status'* ]] &&
    quotas_done "$done_so_far" && break
done
quotas_done "$done_so_far" || fail "quotas are $(hard shrinks), $(hard grows); $(metrics)"
[[ $(size) == 5 ]] || fail "the deployment has $(size) replicas, not 5; $(metrics)"
[[ $done_so_far == *'resource="secrets"'* ]] || fail "no secret was read"
refused=$(metrics | grep 'code="403"' || true)
[[ -z $refused ]] || fail "refused: $refused"

# What nobody has asked for is not given.
denied=("create resourcequotas" "delete resourcequotas" "delete dynamicquotas.autoscaling.hpaplus.io")
[[ -n $quota ]] || denied+=("list resourcequotas" "patch resourcequotas")
for right in "${denied[@]}" "list secrets" "get nodes/proxy" "get nodes/metrics" "list nodes" "create pods/exec" \
  "update deployments.apps" "list configmaps" "delete pods"; do
  read -r verb resource <<< "$right"
  if kubectl auth can-i "$verb" "$resource" -n "$ns" \
    --as="system:serviceaccount:$ns:engine-hpaplus" > /dev/null; then
    fail "it may $right"
  fi
done
echo "ok"
