{{/* Egress to the cluster's DNS, wherever it runs. */}}
{{- define "headrace-lib.dnsEgress" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end -}}
