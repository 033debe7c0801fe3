{{/*
Every helper that needs a component's values takes a list: the root, then those values, such as
`include "headrace-lib.fullname" (list $ .Values.flowServer)`.
*/}}

{{/* A name of at most so many characters: one that is cut keeps apart by its hash. */}}
{{- define "headrace-lib.short" -}}
{{- $name := index . 0 -}}
{{- $most := index . 1 -}}
{{- if gt (len $name) $most -}}
{{- printf "%s-%s" (trunc (int (sub $most 9)) $name | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/*
Name of the objects of a release. It carries the release's name, so that two releases never meet,
also not in cluster-scoped objects. 50 characters leave room for suffixes within the 63 of a label.
*/}}
{{- define "headrace-lib.fullname" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $release := $root.Release.Name -}}
{{- $standard := ternary $release (printf "%s-%s" $release $root.Chart.Name) (contains $root.Chart.Name $release) -}}
{{- include "headrace-lib.short" (list ($component.workloadName | default $standard) 50) -}}
{{- end -}}

{{/* Name of cluster-scoped objects: two releases of one name may live in two namespaces. */}}
{{- define "headrace-lib.clusterName" -}}
{{- $root := index . 0 -}}
{{- include "headrace-lib.short" (list (printf "%s-%s" $root.Release.Namespace (include "headrace-lib.fullname" .)) 63) -}}
{{- end -}}

{{- define "headrace-lib.serviceAccountName" -}}
{{- $component := index . 1 -}}
{{- if $component.serviceAccount.create -}}
{{- $component.serviceAccount.name | default (include "headrace-lib.fullname" .) -}}
{{- else -}}
{{- $component.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* A sentence that ends the render: who says it, and what to set. */}}
{{- define "headrace-lib.fail" -}}
{{- $root := index . 0 -}}
{{- fail (printf "%s: %s" $root.Chart.Name (index . 1)) -}}
{{- end -}}
