{{/*
Probes of a program with `/healthz` and `/readyz` on the named port. The start-up probe allows a
minute on a busy node; after it liveness may be strict without a delay.
*/}}
{{- define "headrace-lib.probes" -}}
startupProbe:
  httpGet:
    path: /healthz
    port: {{ . }}
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet:
    path: /healthz
    port: {{ . }}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet:
    path: /readyz
    port: {{ . }}
  periodSeconds: 5
  timeoutSeconds: 3
{{- end -}}

{{/* Where pods run. Spread constraints without a selector of their own get that of the pods. */}}
{{- define "headrace-lib.scheduling" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- with $component.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $component.nodeSelector }}
nodeSelector:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with $component.affinity }}
affinity:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with $component.tolerations }}
tolerations:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with $component.topologySpreadConstraints }}
topologySpreadConstraints:
{{- range . }}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "headrace-lib.selectorLabels" $root | fromYaml)) }}
{{ toYaml (list (merge (deepCopy .) $selector)) | indent 2 }}
{{- end }}
{{- end }}
{{- end -}}
