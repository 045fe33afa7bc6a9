{{- define "watchfire.name" -}}
{{- printf "%s" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- define "watchfire.selector" -}}
app.kubernetes.io/name: watchfire
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "watchfire.labels" -}}
{{ include "watchfire.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}
