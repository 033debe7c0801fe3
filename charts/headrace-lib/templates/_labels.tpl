{{/* What a selector selects by; never changes in the life of a release. */}}
{{- define "headrace-lib.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels of every object but pods: in a pod template a version would restart pods for nothing. */}}
{{- define "headrace-lib.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "headrace-lib.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: headrace
{{- end -}}

{{/* Labels of pods: the selector's, and those that the user adds. */}}
{{- define "headrace-lib.podLabels" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{ include "headrace-lib.selectorLabels" $root }}
app.kubernetes.io/part-of: headrace
{{- with omit $component.podLabels "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/part-of" }}
{{ toYaml . }}
{{- end }}
{{- end -}}
