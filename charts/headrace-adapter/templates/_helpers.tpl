{{/* Ends the render when the result would not run. */}}
{{- define "headrace-adapter.validate" -}}
{{- $root := index . 0 -}}
{{- $values := index . 1 -}}
{{- if not $values.flowServerUrl -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowEmitter.flowServerUrl is required: set it to the router's base URL, such as http://headrace-server.headrace.svc") -}}
{{- end -}}
{{- if not $values.flowId -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowEmitter.flowId is required: set it to the id of the flow, the same in all clusters of a rollout") -}}
{{- end -}}
{{- if not $values.regionKey -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowEmitter.regionKey is required: set it to this cluster's region, such as fsn1") -}}
{{- end -}}
{{- if and $values.routerToken.audience $values.routerToken.existingSecret -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowEmitter.routerToken.audience and .Values.flowEmitter.routerToken.existingSecret are both set: set one of them") -}}
{{- end -}}
{{- if and $values.podDisruptionBudget.enabled (eq $values.kind "DaemonSet") -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowEmitter.podDisruptionBudget.enabled=true protects nothing, since a drain leaves DaemonSet pods alone: set .Values.flowEmitter.kind=Deployment, or disable it") -}}
{{- end -}}
{{- if and $values.rbac.namespaced (eq (trim $values.namespaceFilter) "*") -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowEmitter.rbac.namespaced=true cannot grant all namespaces: name them in .Values.flowEmitter.namespaceFilter, or set rbac.namespaced=false") -}}
{{- end -}}
{{- end -}}

{{/* API group and resource of each kind that can be watched. */}}
{{- define "headrace-adapter.kinds" -}}
HelmRelease: {group: helm.toolkit.fluxcd.io, resource: helmreleases}
HelmChart: {group: source.toolkit.fluxcd.io, resource: helmcharts}
HelmRepository: {group: source.toolkit.fluxcd.io, resource: helmrepositories}
OCIRepository: {group: source.toolkit.fluxcd.io, resource: ocirepositories}
GitRepository: {group: source.toolkit.fluxcd.io, resource: gitrepositories}
Bucket: {group: source.toolkit.fluxcd.io, resource: buckets}
ExternalArtifact: {group: source.toolkit.fluxcd.io, resource: externalartifacts}
Kustomization: {group: kustomize.toolkit.fluxcd.io, resource: kustomizations}
{{- end -}}

{{/* The ClusterRole is cluster-scoped, so its name carries the namespace too. */}}
{{- define "headrace-adapter.clusterRoleName" -}}
{{- include "headrace-lib.clusterName" . -}}
{{- end -}}

{{- define "headrace-adapter.hasToken" -}}
{{- if or .routerToken.audience .routerToken.existingSecret -}}true{{- end -}}
{{- end -}}

{{/* The volume with the token for the router, in pods of the adapter and of the test. */}}
{{- define "headrace-adapter.tokenVolume" -}}
- name: router-token
  {{- if .routerToken.existingSecret }}
  secret:
    secretName: {{ .routerToken.existingSecret }}
    # 0440: for the pod's group, which is fsGroup.
    defaultMode: 288
    items:
      - key: {{ .routerToken.key }}
        path: token
  {{- else }}
  projected:
    defaultMode: 288
    sources:
      - serviceAccountToken:
          audience: {{ .routerToken.audience }}
          expirationSeconds: {{ .routerToken.expirationSeconds }}
          path: token
  {{- end }}
{{- end -}}

{{- define "headrace-adapter.tokenMount" -}}
- name: router-token
  mountPath: /var/run/secrets/headrace
  readOnly: true
{{- end -}}

{{/* The port in the router's URL. */}}
{{- define "headrace-adapter.routerPort" -}}
{{- $host := (urlParse .flowServerUrl).host -}}
{{- if regexMatch ":[0-9]+$" $host -}}
{{- regexFind "[0-9]+$" $host -}}
{{- else -}}
{{- ternary "443" "80" (hasPrefix "https:" .flowServerUrl) -}}
{{- end -}}
{{- end -}}
