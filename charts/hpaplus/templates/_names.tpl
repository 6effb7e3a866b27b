{{- define "hpaplus.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "hpaplus.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride }}
{{- else if contains (include "hpaplus.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "hpaplus.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Cluster-wide names: two releases of one name may be in two namespaces. */ -}}
{{- define "hpaplus.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "hpaplus.fullname" .) }}
{{- end }}

{{- define "hpaplus.serviceAccount" -}}
{{- default (ternary (include "hpaplus.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "hpaplus.selector" -}}
app.kubernetes.io/name: {{ include "hpaplus.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hpaplus.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "hpaplus.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "hpaplus.subject" -}}
- kind: ServiceAccount
  name: {{ include "hpaplus.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- /* The engine's configuration: the user's, with what the chart knows. */ -}}
{{- define "hpaplus.config" -}}
{{- $config := deepCopy .Values.config }}
{{- $known := dict "apiVersion" "autoscaling.hpaplus.io/v1alpha1" "kind" "ControllerConfiguration" }}
{{- $_ := set $known "http" (dict "listen" ":8080") }}
{{- $_ := set $known "quota" .Values.quota.enabled }}
{{- if .Values.watchNamespace }}
{{- $_ := set $known "kubernetes" (dict "namespace" .Values.watchNamespace) }}
{{- end }}
{{- $push := dict }}
{{- if .Values.push.remoteWrite.enabled }}
{{- $_ := set $push "listen" ":9201" }}
{{- end }}
{{- if .Values.push.otlp.enabled }}
{{- $_ := set $push "otlpListen" ":4317" }}
{{- end }}
{{- if .Values.push.tls.secretName }}
{{- $tls := dict "certFile" "/etc/hpaplus/push-tls/tls.crt" "keyFile" "/etc/hpaplus/push-tls/tls.key" }}
{{- if .Values.push.tls.clientCertificates }}
{{- $_ := set $tls "clientCAFile" "/etc/hpaplus/push-tls/ca.crt" }}
{{- end }}
{{- $_ := set $push "tls" $tls }}
{{- end }}
{{- if $push }}
{{- $_ := set $known "push" $push }}
{{- end }}
{{- if .Values.scaler.enabled }}
{{- $at := "/etc/hpaplus/scaler-tls" }}
{{- $tls := dict "certFile" (printf "%s/tls.crt" $at) "keyFile" (printf "%s/tls.key" $at) "clientCAFile" (printf "%s/ca.crt" $at) }}
{{- $_ := set $known "grpc" (dict "listen" ":9443" "tls" $tls "clients" .Values.scaler.clients) }}
{{- end }}
{{- toYaml (mergeOverwrite $config $known) }}
{{- end }}

{{- /* "nodes/metrics", "nodes/proxy", or nothing when kubelets are not asked. */ -}}
{{- define "hpaplus.kubeletResource" -}}
{{- if eq (dig "sources" "podMetrics" "MetricsServer" .Values.config) "Kubelet" }}
{{- eq (dig "sources" "kubelet" "via" "Node" .Values.config) "APIServer" | ternary "nodes/proxy" "nodes/metrics" }}
{{- end }}
{{- end }}

{{- /* Rights on what lies in namespaces. */ -}}
{{- define "hpaplus.namespacedRules" -}}
- apiGroups: [autoscaling.hpaplus.io]
  resources: [hpapluses, metricsources]
  verbs: [list, watch]
- apiGroups: [autoscaling.hpaplus.io]
  resources: [hpapluses/status, metricsources/status]
  verbs: [patch]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
{{- if .Values.quota.enabled }}
- apiGroups: [autoscaling.hpaplus.io]
  resources: [dynamicquotas]
  verbs: [list, watch, patch]
- apiGroups: [autoscaling.hpaplus.io]
  resources: [dynamicquotas/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [resourcequotas]
  verbs: [get, list, watch, patch]
{{- end }}
{{- range .Values.rbac.targets }}
- apiGroups: {{ toJson .apiGroups }}
  resources: {{ toJson .resources }}
  verbs: [list, watch]
{{- $scales := list }}
{{- range .resources }}
{{- $scales = append $scales (printf "%s/scale" .) }}
{{- end }}
- apiGroups: {{ toJson .apiGroups }}
  resources: {{ toJson $scales }}
  verbs: [get, update]
{{- end }}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- with .Values.rbac.metricsApis }}
{{- if .resource }}
- apiGroups: [metrics.k8s.io]
  resources: [pods]
  verbs: [list]
{{- end }}
{{- if .custom }}
- apiGroups: [custom.metrics.k8s.io]
  resources: ["*"]
  verbs: [get, list]
{{- end }}
{{- if .external }}
- apiGroups: [external.metrics.k8s.io]
  resources: ["*"]
  verbs: [get, list]
{{- end }}
{{- end }}
{{- end }}
