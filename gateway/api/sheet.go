package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"showrunner/analytics"
)

// sheetTypes are the formats of an answer that can be taken into a sheet.
const sheetTypes = "application/json,text/csv"

// sheetOutput is an answer as JSON or as CSV.
type sheetOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// sheet writes the answer in the format asked for; rows make the CSV, the first
// of them its head.
func sheet(format, name string, answer any, rows func() [][]string) (*sheetOutput, error) {
	if format != "csv" {
		body, err := json.Marshal(answer)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", name, err)
		}
		return &sheetOutput{ContentType: "application/json", Body: body}, nil
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	if err := w.WriteAll(rows()); err != nil {
		return nil, fmt.Errorf("encode %s: %w", name, err)
	}
	return &sheetOutput{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="` + name + `.csv"`, Body: buf.Bytes()}, nil
}

// plain keeps a sheet from taking text that others chose for a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// rateCells are the three cells of a rate.
func rateCells(r Rate) []string {
	x, ok := r.Value()
	if !ok {
		return []string{number(r.Num), number(r.Den), ""}
	}
	return []string{number(r.Num), number(r.Den), decimal(x)}
}

// Rate is a fraction on the wire: numerator, denominator and value, which is
// null over zero.
type Rate struct{ analytics.Rate }

func fraction(num, den int64) Rate { return Rate{analytics.Rate{Num: num, Den: den}} }

// Schema describes a rate in the OpenAPI document.
func (Rate) Schema(huma.Registry) *huma.Schema {
	s := object(map[string]*huma.Schema{
		"numerator": {Type: huma.TypeInteger, Format: "int64"}, "denominator": {Type: huma.TypeInteger, Format: "int64"},
		"value": {Type: huma.TypeNumber, Nullable: true, Description: "null over zero."},
	})
	s.Required = []string{"numerator", "denominator", "value"}
	return s
}
