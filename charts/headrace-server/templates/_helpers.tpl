{{- define "headrace-server.isPublic" -}}
{{- if or .httproute.enabled .ingress.enabled (ne .service.type "ClusterIP") -}}true{{- end -}}
{{- end -}}

{{/* "true" when the router runs with an access file. */}}
{{- define "headrace-server.hasAccess" -}}
{{- if or .access.existingSecret .access.rules -}}true{{- end -}}
{{- end -}}

{{- define "headrace-server.accessSecret" -}}
{{- $values := index . 1 -}}
{{- $values.access.existingSecret | default (printf "%s-access" (include "headrace-lib.fullname" .)) -}}
{{- end -}}

{{/* Ends the render when the result would not run, or would be open to the world. */}}
{{- define "headrace-server.validate" -}}
{{- $root := index . 0 -}}
{{- $values := index . 1 -}}
{{- $access := include "headrace-server.hasAccess" $values -}}
{{- if and $values.httproute.enabled (not $values.httproute.hostname) -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowServer.httproute.hostname is required when httproute.enabled=true") -}}
{{- end -}}
{{- if and $values.httproute.enabled (not $values.httproute.gatewayRef.name) -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowServer.httproute.gatewayRef.name is required when httproute.enabled=true") -}}
{{- end -}}
{{- if and $values.ingress.enabled (not $values.ingress.hostname) -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowServer.ingress.hostname is required when ingress.enabled=true") -}}
{{- end -}}
{{- if and (gt (int $values.replicas) 1) (eq $values.backend "memory") -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowServer.replicas is more than 1, but with backend=memory each pod would have flows of its own: set it to 1") -}}
{{- end -}}
{{- if and $values.access.existingSecret (or $values.access.rules $values.access.keySets) -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowServer.access.existingSecret and .Values.flowServer.access.rules or keySets are both set: put all of it into the Secret, or leave existingSecret empty") -}}
{{- end -}}
{{- if and $values.access.keySets (not $values.access.rules) -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowServer.access.keySets is set, but no rule names a key set: set .Values.flowServer.access.rules.issuers") -}}
{{- end -}}
{{- if and $values.access.insecure $access -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowServer.access.insecure=true contradicts the access rules that are set: set it to false, or remove the rules") -}}
{{- end -}}
{{- if and (include "headrace-server.isPublic" $values) (not $access) -}}
{{- include "headrace-lib.fail" (list $root "a public route without access control would let the world write: set .Values.flowServer.access.rules or .Values.flowServer.access.existingSecret, or disable httproute and ingress and use service.type=ClusterIP") -}}
{{- end -}}
{{- if not (or $values.access.insecure $access) -}}
{{- include "headrace-lib.fail" (list $root "the router does not start without access control: set .Values.flowServer.access.rules or .Values.flowServer.access.existingSecret, or .Values.flowServer.access.insecure=true where everyone who reaches the Service may read and write") -}}
{{- end -}}
{{- if and $access $values.serviceMonitor.enabled (not $values.serviceMonitor.tokenSecret) -}}
{{- include "headrace-lib.fail" (list $root ".Values.flowServer.serviceMonitor.tokenSecret is required: with access control the router answers /metrics only to a token that may read") -}}
{{- end -}}
{{- end -}}
