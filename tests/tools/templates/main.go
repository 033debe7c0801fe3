// Command templates answers templates with Go's own text/template and sprig.
//
// It reads {"data": …, "templates": […]} and writes one answer for each template: what comes out, or
// why nothing does. The functions are those that expressions may call, no more.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

type request struct {
	Data      any      `json:"data"`
	Templates []string `json:"templates"`
}

type answer struct {
	Template string  `json:"template"`
	Output   *string `json:"output,omitempty"`
	// Parse or Exec say at which stage and why there is no output.
	Parse string `json:"parse,omitempty"`
	Exec  string `json:"exec,omitempty"`
}

// The functions of sprig that expressions may call; time and chance are left out, as their answers
// change.
const allowed = `date date_in_zone date_modify dateInZone dateModify duration durationRound htmlDate
htmlDateInZone must_date_modify mustDateModify mustToDate toDate unixEpoch abbrev abbrevboth trunc trim
upper lower title untitle substr trimall trimAll trimSuffix trimPrefix nospace initials snakecase
camelcase kebabcase wrap wrapWith contains hasPrefix hasSuffix quote squote cat indent nindent replace
plural sha1sum sha256sum adler32sum toString atoi int64 int float64 toDecimal add1 add sub div mod mul
add1f addf subf divf mulf biggest max min maxf minf ceil floor round split splitList splitn toStrings
join sortAlpha default empty coalesce all any compact mustCompact fromJson toJson toPrettyJson toRawJson
mustFromJson mustToJson mustToPrettyJson mustToRawJson ternary typeOf typeIs typeIsLike kindOf kindIs
deepEqual base dir clean ext isAbs osBase osClean osDir osExt osIsAbs b64enc b64dec b32enc b32dec tuple
list dict get hasKey pluck keys pick omit values append push mustAppend mustPush prepend mustPrepend
first mustFirst rest mustRest last mustLast initial mustInitial reverse mustReverse uniq mustUniq without
mustWithout has mustHas slice mustSlice concat dig semver semverCompare fail`

func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	funcs := template.FuncMap{
		"len":     length,
		"hash_of": hashOf,
		"type_of": typeOf,
		"exists":  func(value any) bool { return value != nil },
		"sample":  func(value any) any { return value },
	}
	for _, name := range strings.Fields(allowed) {
		fn, ok := all[name]
		if !ok {
			panic("sprig has no " + name)
		}
		funcs[name] = fn
	}
	return funcs
}

func length(value any) (int, error) {
	if value == nil {
		return 0, nil
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String, reflect.Slice, reflect.Array, reflect.Map:
		return v.Len(), nil
	}
	return 0, fmt.Errorf("len: unsupported argument type %T", value)
}

func hashOf(value any) (string, error) {
	if value == nil {
		return "", fmt.Errorf("hash_of: value is null")
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("hash_of: unsupported argument type %T", value)
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text))), nil
}

func typeOf(value any) string {
	switch reflect.ValueOf(value).Kind() {
	case reflect.Invalid:
		return "null"
	case reflect.Map, reflect.Struct, reflect.Pointer:
		return "object"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	}
	return "number"
}

var (
	parsePlace = regexp.MustCompile(`^template: t:\d+: `)
	// The outermost place alone: what a function says may quote another.
	execPlace = regexp.MustCompile(`(?s)^template: t:\d+:\d+: executing "[^"]*" at <.*?>: `)
)

func solve(text string, data any) answer {
	result := answer{Template: text}
	parsed, err := template.New("t").Funcs(functions()).Option("missingkey=zero").Parse(text)
	if err != nil {
		result.Parse = parsePlace.ReplaceAllString(err.Error(), "")
		return result
	}
	var out strings.Builder
	if err := parsed.Execute(&out, data); err != nil {
		result.Exec = execPlace.ReplaceAllString(err.Error(), "")
		return result
	}
	output := out.String()
	result.Output = &output
	return result
}

func main() {
	raw, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var asked request
	if err := json.Unmarshal(raw, &asked); err != nil {
		panic(err)
	}
	answers := make([]answer, len(asked.Templates))
	for i, text := range asked.Templates {
		answers[i] = solve(text, asked.Data)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}
