{{/*
Two components in one chart: their objects and selectors differ by `app.kubernetes.io/component`,
and the hub's names by `-hub`.
*/}}
{{- define "headrace-operator.hubName" -}}
{{- $hub := index . 1 -}}
{{- if $hub.workloadName -}}
{{- include "headrace-lib.fullname" . -}}
{{- else -}}
{{- include "headrace-lib.short" (list (printf "%s-hub" (include "headrace-lib.fullname" .)) 50) -}}
{{- end -}}
{{- end -}}

{{/* Name of the Service that names each of its pods, and of what is cluster-scoped. */}}
{{- define "headrace-operator.hubMembers" -}}
{{- printf "%s-members" (include "headrace-operator.hubName" .) -}}
{{- end -}}

{{- define "headrace-operator.hubClusterName" -}}
{{- $root := index . 0 -}}
{{- include "headrace-lib.short" (list (printf "%s-%s" $root.Release.Namespace (include "headrace-operator.hubName" .)) 63) -}}
{{- end -}}

{{/* Not empty when the hub carries the runs of the cluster, not those of a file. */}}
{{- define "headrace-operator.hubOfCluster" -}}
{{- $hub := index . 1 -}}
{{- if not (or $hub.stories $hub.storiesConfigMap) -}}true{{- end -}}
{{- end -}}

{{/* Not empty when the operator pins each run to one of the hub's pods. */}}
{{- define "headrace-operator.hubIsPinned" -}}
{{- $root := index . 0 -}}
{{- if and $root.Values.operator.enabled (include "headrace-operator.hubOfCluster" .) -}}true{{- end -}}
{{- end -}}

{{/* As the library's, but the hub has another name. */}}
{{- define "headrace-operator.hubAccount" -}}
{{- $hub := index . 1 -}}
{{- if $hub.serviceAccount.create -}}
{{- $hub.serviceAccount.name | default (include "headrace-operator.hubName" .) -}}
{{- else -}}
{{- $hub.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Ends the render when the result would not run. */}}
{{- define "headrace-operator.validate" -}}
{{- $operator := .Values.operator -}}
{{- $hub := .Values.hub -}}
{{- $webhook := $operator.webhook -}}
{{- if and $operator.enabled $webhook.enabled -}}
{{- if $webhook.existingSecret -}}
{{- if not $webhook.caBundle -}}
{{- include "headrace-lib.fail" (list . ".Values.operator.webhook.caBundle is required with operator.webhook.existingSecret: set it to the PEM of the authority that the API server is to trust") -}}
{{- end -}}
{{- else -}}
{{- include "headrace-operator.needsIssuer" (list . "operator.webhook.existingSecret and caBundle") -}}
{{- if $webhook.caBundle -}}
{{- include "headrace-lib.fail" (list . ".Values.operator.webhook.caBundle is set without operator.webhook.existingSecret: cert-manager writes the bundle itself, so leave it empty") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $operator.enabled $operator.metrics.secure (not $webhook.enabled) -}}
{{- include "headrace-lib.fail" (list . ".Values.operator.metrics.secure needs a certificate, and the webhook has it: set .Values.operator.webhook.enabled=true, or operator.metrics.secure=false") -}}
{{- end -}}
{{- if $hub.enabled -}}
{{- if and $hub.stories $hub.storiesConfigMap -}}
{{- include "headrace-lib.fail" (list . ".Values.hub.stories and .Values.hub.storiesConfigMap are both set: set one of them") -}}
{{- end -}}
{{- if $operator.hubEndpoint -}}
{{- include "headrace-lib.fail" (list . ".Values.operator.hubEndpoint names another hub than the one that this chart makes: set .Values.hub.enabled=false to use it") -}}
{{- end -}}
{{- if not $hub.existingSecret -}}
{{- include "headrace-operator.needsIssuer" (list . "hub.existingSecret") -}}
{{- end -}}
{{- end -}}
{{- if and $operator.routerToken.audience $operator.routerToken.existingSecret -}}
{{- include "headrace-lib.fail" (list . ".Values.operator.routerToken.audience and .Values.operator.routerToken.existingSecret are both set: set one of them") -}}
{{- end -}}
{{- if and (include "headrace-operator.hasToken" $operator) (not $operator.flowServerUrl) -}}
{{- include "headrace-lib.fail" (list . (printf ".Values.operator.routerToken.%s is set, but no router to show it to: set .Values.operator.flowServerUrl" (ternary "audience" "existingSecret" (ne $operator.routerToken.audience "")))) -}}
{{- end -}}
{{- end -}}

{{/* cert-manager must be there, and know who signs. */}}
{{- define "headrace-operator.needsIssuer" -}}
{{- $root := index . 0 -}}
{{- $instead := index . 1 -}}
{{- if not ($root.Capabilities.APIVersions.Has "cert-manager.io/v1") -}}
{{- include "headrace-lib.fail" (list $root (printf "this cluster does not serve cert-manager.io/v1: install cert-manager, or set .Values.%s" $instead)) -}}
{{- end -}}
{{- if not $root.Values.global.sharedCAIssuerName -}}
{{- include "headrace-lib.fail" (list $root (printf ".Values.global.sharedCAIssuerName is empty: set it to the ClusterIssuer that signs for operator, hub and connectors, or set .Values.%s" $instead)) -}}
{{- end -}}
{{- end -}}

{{- define "headrace-operator.labels" -}}
{{ include "headrace-lib.labels" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "headrace-operator.selectorLabels" -}}
{{ include "headrace-lib.selectorLabels" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of pods; the component is not the user's to change. */}}
{{- define "headrace-operator.podLabels" -}}
{{- $component := index . 1 -}}
{{- $values := omit $component "podLabels" | merge (dict "podLabels" (omit $component.podLabels "app.kubernetes.io/component")) -}}
{{ include "headrace-lib.podLabels" (list (index . 0) $values) }}
app.kubernetes.io/component: {{ index . 2 }}
{{- end -}}

{{/* Scheduling, with spread constraints that count the pods of the component only. */}}
{{- define "headrace-operator.scheduling" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "headrace-operator.selectorLabels" (list $root (index . 2)) | fromYaml)) -}}
{{- $constraints := list -}}
{{- range $component.topologySpreadConstraints -}}
{{- $constraints = append $constraints (merge (deepCopy .) $selector) -}}
{{- end -}}
{{- include "headrace-lib.scheduling" (list $root (merge (dict "topologySpreadConstraints" $constraints) (omit $component "topologySpreadConstraints"))) -}}
{{- end -}}

{{/* Spec of a Certificate for a Service: root, Service, Secret, and for a hub the Service of its pods. */}}
{{- define "headrace-operator.certificate" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
secretName: {{ index . 2 }}
duration: {{ $root.Values.certificates.duration }}
renewBefore: {{ $root.Values.certificates.renewBefore }}
privateKey:
  algorithm: ECDSA
  size: 256
  rotationPolicy: Always
{{- $members := index . 3 }}
{{- /* A hub is a client of the others. */}}
usages: [digital signature, server auth{{ if $members }}, client auth{{ end }}]
dnsNames:
  - {{ $service }}.{{ $root.Release.Namespace }}.svc
  - {{ $service }}.{{ $root.Release.Namespace }}.{{ $root.Values.operator.clusterDomain }}
{{- with $members }}
  - "*.{{ . }}.{{ $root.Release.Namespace }}.svc"
  - "*.{{ . }}.{{ $root.Release.Namespace }}.{{ $root.Values.operator.clusterDomain }}"
{{- end }}
issuerRef:
  group: cert-manager.io
  kind: ClusterIssuer
  name: {{ $root.Values.global.sharedCAIssuerName }}
{{- end -}}

{{/* What the operator does with what is in a namespace, as rules of a role. */}}
{{- define "headrace-operator.runRules" -}}
- apiGroups: [runs.bubustack.io]
  resources: [storyruns]
  verbs: [list, watch, patch]
- apiGroups: [runs.bubustack.io]
  resources: [stepruns]
  verbs: [list, watch]
- apiGroups: [runs.bubustack.io]
  resources: [storyruns/status, stepruns/status]
  verbs: [patch]
- apiGroups: [bubustack.io]
  resources: [stories]
  verbs: [list, watch]
# What is gotten is what the webhook asks for before a watch has brought it.
- apiGroups: [bubustack.io]
  resources: [engrams]
  verbs: [{{ if .webhook.enabled }}get, {{ end }}list, watch, patch]
- apiGroups: [transport.bubustack.io]
  resources: [transportbindings]
  verbs: [{{ if .webhook.enabled }}get, {{ end }}list, watch, patch]
- apiGroups: [transport.bubustack.io]
  resources: [transportbindings/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end -}}

{{- define "headrace-operator.hasToken" -}}
{{- if or .routerToken.audience .routerToken.existingSecret -}}true{{- end -}}
{{- end -}}

{{/* Port of the router's URL. */}}
{{- define "headrace-operator.routerPort" -}}
{{- $url := urlParse .flowServerUrl -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* What the hub does with runs, in the namespaces that it carries. */}}
{{- define "headrace-operator.streamRules" -}}
# What no watch has told of yet is asked for; children and jobs are made.
- apiGroups: [runs.bubustack.io]
  resources: [storyruns, stepruns]
  verbs: [get, list, watch, create]
- apiGroups: [runs.bubustack.io]
  resources: [storyruns/status, stepruns/status]
  verbs: [patch]
- apiGroups: [bubustack.io]
  resources: [stories, engrams]
  verbs: [get, list, watch]
{{- if include "headrace-operator.hubIsPinned" . }}
- apiGroups: [transport.bubustack.io]
  resources: [transportbindings]
  verbs: [list, watch]
{{- end }}
{{- end -}}
