{{/* "true" where the Prometheus operator's kinds are served, else empty. */}}
{{- define "headrace-lib.hasMonitoring" -}}
{{- if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" -}}true{{- end -}}
{{- end -}}

{{/* What NOTES.txt says of toggles that are on and whose API is not there. */}}
{{- define "headrace-lib.monitoringNote" -}}
{{- if not (include "headrace-lib.hasMonitoring" .) }}
Nothing was made for the Prometheus operator: this cluster does not serve monitoring.coreos.com/v1.
Install the operator, then upgrade this release.
{{- end }}
{{- end -}}
