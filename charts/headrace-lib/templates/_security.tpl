{{/*
Pod Security Standards, profile "restricted", and a root file system that cannot be written. What
the profile asks for cannot be taken away by values; the ids can (OpenShift assigns its own).
*/}}
{{- define "headrace-lib.podSecurityContext" -}}
{{- $required := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{ toYaml (mergeOverwrite (deepCopy (index . 1).podSecurityContext) $required) }}
{{- end -}}

{{- define "headrace-lib.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop:
    - ALL
readOnlyRootFilesystem: true
{{- end -}}
