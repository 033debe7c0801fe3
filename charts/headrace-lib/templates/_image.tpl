{{/*
Reference of an image. `global.imageRegistry` takes the place of the registry in the repository: of
its first segment when that is a host (has a dot, a colon, or is localhost, as image references are
read), else it goes in front. A bare name stays as it is.
*/}}
{{- define "headrace-lib.image" -}}
{{- $root := index . 0 -}}
{{- $image := (index . 1).image -}}
{{- if not (or $image.tag $image.digest) -}}
{{- include "headrace-lib.fail" (list $root (printf ".Values.%s.image.tag is empty: set it to a released version, or set .Values.%s.image.digest to pin the image" (index . 2) (index . 2))) -}}
{{- end -}}
{{- if and (eq $image.tag "latest") (not $image.digest) -}}
{{- include "headrace-lib.fail" (list $root (printf ".Values.%s.image.tag is \"latest\", which names another image every time: set a released version, or .Values.%s.image.digest" (index . 2) (index . 2))) -}}
{{- end -}}
{{- $repository := $image.repository -}}
{{- $registry := ($root.Values.global | default dict).imageRegistry | default "" | trimSuffix "/" -}}
{{- if and $registry (contains "/" $repository) -}}
{{- $first := regexFind "^[^/]+" $repository -}}
{{- $rest := ternary (trimPrefix (printf "%s/" $first) $repository) $repository (or (contains "." $first) (contains ":" $first) (eq $first "localhost")) -}}
{{- $repository = printf "%s/%s" $registry $rest -}}
{{- end -}}
{{- $repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- define "headrace-lib.imagePullSecrets" -}}
{{- $root := index . 0 -}}
{{- $names := concat (($root.Values.global | default dict).imagePullSecrets | default list) (index . 1).imagePullSecrets -}}
{{- with $names }}
imagePullSecrets:
{{ toYaml . }}
{{- end }}
{{- end -}}
