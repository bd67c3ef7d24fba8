package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// attributeOf runs the command over an input and reads its JSON.
func attributeOf(t *testing.T, input string, flags ...string) (out attributeOutput) {
	t.Helper()
	code, stdout, stderr := attributeRaw(t, input, flags...)
	if code != 0 {
		t.Fatalf("%v: exit code %d\n%s", flags, code, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatalf("%v: %v\n%s", flags, err, stdout)
	}
	return out
}

func attributeRaw(t *testing.T, input string, flags ...string) (code int, stdout, stderr string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"attribute", "--in", path}, flags...), &out, &errs)
	return code, out.String(), errs.String()
}

func (o *attributeOutput) conversions() map[string]float64 {
	m := map[string]float64{}
	for _, c := range o.Credits {
		m[c.Key] = c.Conversions
	}
	return m
}

func (o *attributeOutput) minor() map[string]int64 {
	m := map[string]int64{}
	for _, c := range o.Credits {
		m[c.Key] = c.Minor
	}
	return m
}

var nearly = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) })

const threePaths = "path,conversions,value,nulls\n" +
	"direct,2,10.00,4\n" +
	"search > email,3,9.01,0\n" +
	"search > social > email,5,20.00,1\n" +
	" > > ,1,0.07,3\n" +
	"\"a, b >  > direct\",1,0.10,0\n"

func TestAttributeCSV(t *testing.T) {
	for model, want := range map[string]map[string]float64{
		"first":           {"direct": 2, "search": 8, "email": 0, "social": 0, "a, b": 1},
		"last":            {"direct": 3, "search": 0, "email": 8, "social": 0, "a, b": 0},
		"last_non_direct": {"direct": 2, "search": 0, "email": 8, "social": 0, "a, b": 1},
		"linear":          {"direct": 2.5, "search": 3.1666666666666665, "email": 3.1666666666666665, "social": 1.6666666666666667, "a, b": .5},
		"position":        {"direct": 2.5, "search": 3.5, "email": 3.5, "social": 1, "a, b": .5},
		"time_decay":      {"direct": 2.5, "search": 3.1666666666666665, "email": 3.1666666666666665, "social": 1.6666666666666667, "a, b": .5},
		"participation":   {"direct": 3, "search": 8, "email": 8, "social": 5, "a, b": 1},
	} {
		out := attributeOf(t, threePaths, "--model", model)
		if d := cmp.Diff(want, out.conversions(), nearly); d != "" {
			t.Errorf("%s (-want +got):\n%s", model, d)
		}
		if out.Model != model || out.Version < 1 || out.Conversions != 12 || out.Journeys != 20 || out.Minor != 3918 ||
			out.UnattributedConversions != 1 || out.UnattributedMinor != 7 || math.Abs(out.Value-39.18) > 1e-9 {
			t.Errorf("%s: %+v", model, out)
		}
		sum := out.UnattributedMinor
		for _, c := range out.Credits {
			sum += c.Minor
		}
		if out.Additive != (sum == out.Minor) || out.Additive == (model == "participation") {
			t.Errorf("%s: credits and unattributed are %d of %d, additive %t", model, sum, out.Minor, out.Additive)
		}
	}
	minor := attributeOf(t, "path,conversions,value_minor\na > b,3,901\n", "--model", "linear")
	if d := cmp.Diff(map[string]int64{"a": 451, "b": 450}, minor.minor()); d != "" {
		t.Errorf("a row is split once, the odd cent to the earlier touch (-want +got):\n%s", d)
	}
	if got := attributeOf(t, "path,conversions,value\na,0,1.00\n", "--model", "last"); got.UnattributedMinor != 100 || got.Credits[0].Minor != 0 {
		t.Errorf("money without a conversion was credited: %+v", got)
	}
}

func TestAttributeOptions(t *testing.T) {
	const j = "path,conversions\na > b,10\n"
	for _, c := range []struct {
		flags []string
		want  map[string]float64
	}{
		{[]string{"--model", "position", "--weights", "30,0,70"}, map[string]float64{"a": 3, "b": 7}},
		{[]string{"--model", "position", "--weights", "0.2, 0.2, 0.6"}, map[string]float64{"a": 3, "b": 7}},
		{[]string{"--model", "position", "--weights", "20,20,60", "--two-touch", "renormalise"}, map[string]float64{"a": 2.5, "b": 7.5}},
		{[]string{"--model", "last_non_direct", "--direct", "b"}, map[string]float64{"a": 10, "b": 0}},
		{[]string{"--model", "last", "--internal", "B"}, map[string]float64{"a": 10}},
		{[]string{"--model", "last", "--transform", "remove_if_last_and_not_all:b"}, map[string]float64{"a": 10}},
		{[]string{"--model", "first", "--last-steps", "1"}, map[string]float64{"b": 10}},
	} {
		out := attributeOf(t, j, c.flags...)
		if d := cmp.Diff(c.want, out.conversions(), nearly); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.flags, d)
		}
	}
}

// The small published chain, its removal effects and its money, by CSV.
func TestAttributeMarkov(t *testing.T) {
	out := attributeOf(t, "path,conversions,value,nulls\nC1 > C2 > C3,1,10.01,0\nC1,0,,1\nC2 > C3,0,0,1\n,0,0,5\n,1,0.03,0\n", "--model", "markov", "--order", "1")
	removal := map[string]float64{}
	for _, c := range out.Credits {
		removal[c.Key] = *c.RemovalEffect
	}
	if d := cmp.Diff(map[string]float64{"C1": .5, "C2": 1, "C3": 1}, removal, nearly); d != "" {
		t.Errorf("removal effects (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]float64{"C1": .2, "C2": .4, "C3": .4}, out.conversions(), nearly); d != "" {
		t.Errorf("conversions (-want +got):\n%s", d)
	}
	// 200.2, 400.4, 400.4: the cent left over goes to the first by name.
	if d := cmp.Diff(map[string]int64{"C1": 200, "C2": 401, "C3": 400}, out.minor()); d != "" || out.Order != 1 ||
		out.UnattributedConversions != 1 || out.UnattributedMinor != 3 || out.Minor != 1004 || math.Abs(out.Rate-1.0/3) > 1e-12 {
		t.Errorf("%+v (-want +got):\n%s", out, d)
	}
	for _, flags := range [][]string{{"--order", "2"}, {"--order", "4"}} {
		out := attributeOf(t, threePaths, append(flags, "--model", "markov")...)
		sum := out.UnattributedMinor
		for _, c := range out.Credits {
			sum += c.Minor
		}
		if sum != out.Minor || !out.Additive {
			t.Errorf("%v: credits and unattributed are %d of %d", flags, sum, out.Minor)
		}
	}
}

func TestAttributeShapley(t *testing.T) {
	out := attributeOf(t, "path,conversions,value\na > b > a,6,100.01\na,4,0\n", "--model", "shapley")
	if d := cmp.Diff(map[string]float64{"a": 7, "b": 3}, out.conversions(), nearly); d != "" {
		t.Errorf("conversions (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]int64{"a": 5001, "b": 5000}, out.minor()); d != "" {
		t.Errorf("money (-want +got):\n%s", d)
	}
	ordered := attributeOf(t, "path,conversions\nA > B > A,1\nA,1\nB > C,1\n", "--model", "shapley", "--ordered")
	for _, c := range ordered.Credits {
		if want := map[string][]float64{"A": {1.25, 0, .25}, "B": {.5, .5}, "C": {0, .5}}[c.Key]; !cmp.Equal(want, c.Positions, nearly) {
			t.Errorf("%s by position: %v, want %v", c.Key, c.Positions, want)
		}
	}
	drawn := attributeOf(t, manyPaths(), "--model", "shapley", "--worth", "rate", "--max-channels", "2", "--samples", "100")
	if drawn.Samples != 200 || drawn.Credits[0].StdErr == nil || drawn.Credits[0].Worth == nil {
		t.Errorf("the error of samples is not told: %+v", drawn)
	}
}

const ndjson = `
{"person":"p1","touches":[{"at":"2026-05-02T00:00:00Z","channel":"ads","kind":"click","stage":"lead"},{"at":"2026-05-03T00:00:00.000Z","channel":"direct","kind":"click","stage":"convert"}],"conversion":{"at":"2026-05-10T00:00:00+08:00","order_id":"o1","value_minor":10001,"currency":"CNY"}}
{"person":"p2","touches":[{"at":"2026-05-09T00:00:00Z","channel":"group","kind":"click"},{"at":"2026-05-09T00:00:00Z","channel":"ads","kind":"view"}],"conversion":{"at":"2026-05-09T00:00:00Z","order_id":"o2","value_minor":300,"currency":"CNY"}}

{"person":"p3","touches":[{"at":"2026-05-09T00:00:00Z","channel":"share","referrer":"p3"}],"conversion":{"at":"2026-05-09T00:00:00Z","order_id":"o3","value_minor":7,"currency":"CNY"}}
{"person":"p4","touches":[{"at":"2026-05-09T00:00:00Z","channel":"group"}],"conversion":null}
`

func TestAttributeNDJSON(t *testing.T) {
	for _, c := range []struct {
		flags        []string
		want         map[string]int64
		unattributed int64
	}{
		{[]string{"--model", "first"}, map[string]int64{"ads": 0, "direct": 10001, "group": 300}, 7}, // ads is 7 days and 16 hours before
		{[]string{"--model", "first", "--window", "200h"}, map[string]int64{"ads": 10001, "direct": 0, "group": 300}, 7},
		{[]string{"--model", "linear", "--window", "0"}, map[string]int64{"ads": 5001, "direct": 5000, "group": 300}, 7},
		{[]string{"--model", "linear", "--window", "0", "--no-click-first"}, map[string]int64{"ads": 5151, "direct": 5000, "group": 150}, 7},
		{[]string{"--model", "last", "--window", "1s"}, map[string]int64{"group": 300}, 10008},
		{[]string{"--model", "last", "--by", "stage"}, map[string]int64{"convert": 10001, "(none)": 300}, 7},
	} {
		out := attributeOf(t, ndjson, c.flags...)
		got := out.minor()
		for k, v := range got {
			if _, ok := c.want[k]; !ok && v == 0 {
				delete(got, k)
			}
		}
		for k, v := range c.want {
			if _, ok := got[k]; !ok && v == 0 {
				delete(c.want, k)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" || out.UnattributedMinor != c.unattributed || out.Currency != "CNY" || out.Journeys != 4 || out.Conversions != 3 {
			t.Errorf("%v: %+v (-want +got):\n%s", c.flags, out, d)
		}
		if out.Window == "" {
			t.Errorf("%v: the window is not told", c.flags)
		}
	}
	// Two orders of one person: the touch that brought the first does not bring the second.
	two := `{"person":"p","touches":[{"at":"2026-05-01T00:00:00Z","channel":"ads"},{"at":"2026-05-03T00:00:00Z","channel":"group"}],"conversions":[` +
		`{"at":"2026-05-04T00:00:00Z","value_minor":20,"currency":"JPY"},{"at":"2026-05-02T00:00:00Z","value_minor":10,"currency":"JPY"}]}`
	out := attributeOf(t, two, "--model", "first")
	if d := cmp.Diff(map[string]int64{"ads": 10, "group": 20}, out.minor()); d != "" || out.Value != 30 {
		t.Errorf("cycles, value %v (-want +got):\n%s", out.Value, d)
	}
}

// What is wrong is named by line and column, and nothing is written.
func TestAttributeBadInput(t *testing.T) {
	const head = "path,conversions,value,nulls\n"
	const touch = `{"at":"2026-05-09T00:00:00Z","channel":"a"}`
	order := func(more string) string { return `{"touches":[` + touch + `],"conversion":{` + more + `}}` + "\n" }
	good := order(`"at":"2026-05-09T00:00:00Z","value_minor":1,"currency":"CNY"`)
	for _, c := range []struct {
		name, input string
		says        []string
	}{
		{"nothing", "", []string{"line 1, column 1", "empty"}},
		{"only spaces", " \n ", []string{"line 1, column 1"}},
		{"no path", "way,conversions\na,1\n", []string{"line 1", "path"}},
		{"no conversions", "path,value\na,1\n", []string{"line 1", "conversions"}},
		{"a column twice", "path,conversions,path\na,1,b\n", []string{"line 1, column 18"}},
		{"money twice", "path,conversions,value,value_minor\na,1,1,1\n", []string{"line 1", "value_minor"}},
		{"a word for a number", head + "a,1,1,0\nb,many,1,0\n", []string{"line 3, column 3 (conversions)", `"many"`}},
		{"half a conversion", head + "a,1.5,1,0\n", []string{"line 2, column 3"}},
		{"fewer than none", head + "a,1,1,-1\n", []string{"line 2, column 7 (nulls)"}},
		{"a price with a sign", head + "a,1,¥5,0\n", []string{"line 2, column 5 (value)"}},
		{"not a number", head + "a,1,NaN,0\n", []string{"line 2, column 5 (value)"}},
		{"too much money", head + "a,1,1e300,0\n", []string{"line 2, column 5 (value)"}},
		{"a row too short", head + "a,1,1,0\nb,1\n", []string{"line 3, column 1"}},
		{"a quote left open", head + "\"a,1,1,0\n", []string{"line 2"}},
		{"bytes that are no text", head + "a\xff,1,1,0\n", []string{"line 2, column 1 (path)", "UTF-8"}},
		{"sums that do not fit", "path,conversions,value_minor\n" + strings.Repeat("a,1,99999999999999\n", 2) + strings.Repeat("a,1,100000000000000\n", 92300), []string{"does not fit"}},
		{"broken JSON", good + `{"touches":[}` + "\n", []string{"line 2, column 13"}},
		{"another type", good + `{"touches":[{"at":7}]}` + "\n", []string{"line 2, column 19", "at"}},
		{"no touches", good + "\n{}\n", []string{"line 3", "touches"}},
		{"a touch of no time", `{"touches":[` + touch + `,{"channel":"a"}]}`, []string{"line 1", "touches[1].at"}},
		{"a touch of no channel", `{"touches":[{"at":"2026-05-09T00:00:00Z"}]}`, []string{"line 1", "touches[0].channel"}},
		{"a stage of its own", `{"touches":[{"at":"2026-05-09T00:00:00Z","channel":"a","stage":"magic"}]}`, []string{"line 1", "touches[0].stage"}},
		{"a date", order(`"at":"2026-05-09"`), []string{"line 1", "conversion.at"}},
		{"a currency of its own", order(`"at":"2026-05-09T00:00:00Z","currency":"XXX"`), []string{"line 1", "conversion.currency"}},
		{"two currencies", good + good + order(`"at":"2026-05-09T00:00:00Z","value_minor":1,"currency":"USD"`), []string{"line 3", "currency", "--currency"}},
		{"one order and several", `{"touches":[],"conversion":{},"conversions":[]}`, []string{"line 1", "conversions"}},
		{"a fraction of a cent", order(`"at":"2026-05-09T00:00:00Z","value_minor":1.5`), []string{"line 1, column", "value_minor"}},
	} {
		code, stdout, stderr := attributeRaw(t, c.input, "--model", "linear")
		if code != 1 || stdout != "" {
			t.Errorf("%s: exit code %d, wrote %q", c.name, code, stdout)
		}
		for _, s := range c.says {
			if !strings.Contains(stderr, s) {
				t.Errorf("%s: does not say %q: %s", c.name, s, stderr)
			}
		}
	}
	for _, flags := range [][]string{
		{"--model", "magic"},
		{"--model", "position", "--weights", "1,2"},
		{"--model", "position", "--weights", "0,0,0"},
		{"--model", "position", "--weights", "-1,1,1"},
		{"--model", "markov", "--order", "5"},
		{"--model", "markov", "--order", "0"},
		{"--model", "shapley", "--worth", "rate", "--ordered"},
		{"--model", "shapley", "--max-channels", "40"},
		{"--model", "last", "--window", "-1h"},
		{"--model", "time_decay", "--half-life", "0s"},
		{"--model", "last", "--transform", "shuffle"},
		{"--model", "last", "--currency", "ABC"},
	} {
		if code, _, stderr := attributeRaw(t, threePaths, flags...); code != 2 {
			t.Errorf("%v: exit code %d: %s", flags, code, stderr)
		}
	}
}

func TestAttributeCurrency(t *testing.T) {
	order := func(minor int, currency string) string {
		return fmt.Sprintf(`{"touches":[{"at":"2026-05-09T00:00:00Z","channel":"a"}],"conversion":{"at":"2026-05-09T00:00:00Z","value_minor":%d,"currency":%q}}`+"\n", minor, currency)
	}
	out := attributeOf(t, order(5, "CNY")+order(70, "USD")+order(6, "CNY"), "--model", "last", "--currency", "CNY")
	if out.Minor != 11 || out.Conversions != 2 || out.Currency != "CNY" || len(out.Notes) != 1 {
		t.Errorf("%+v", out)
	}
}

// manyRows are more than one part of the input.
const manyRows = 40_000

func manyPaths() string {
	var b strings.Builder
	b.WriteString("path,conversions,value,nulls\n")
	for i := range manyRows {
		fmt.Fprintf(&b, "c%d > c%d > c%d,%d,%d.%02d,%d\n", i%7, i%11, i%13, i%3, i%97, i%100, i%5)
	}
	return b.String()
}

// The result is the same to the last bit for any number of workers.
func TestAttributeWorkers(t *testing.T) {
	input := manyPaths()
	for _, model := range []string{
		"first", "last", "last_non_direct", "linear", "position", "time_decay", "participation",
		"markov", "markov --order 3", "shapley", "shapley --ordered", "shapley --worth rate", "shapley --worth rate --max-channels 3 --samples 50",
	} {
		flags := append([]string{"--model"}, strings.Fields(model)...)
		_, one, _ := attributeRaw(t, input, append(flags, "--workers", "1")...)
		for _, n := range []string{"2", "7"} {
			if _, many, _ := attributeRaw(t, input, append(flags, "--workers", n)...); many != one || one == "" {
				t.Errorf("%s: %s workers give another result than one", model, n)
			}
		}
	}
	for _, n := range []string{"1", "5"} {
		_, _, stderr := attributeRaw(t, input+"a,x,1,1\n"+"b,y,1,1\n", "--model", "linear", "--workers", n)
		if want := fmt.Sprintf("line %d,", manyRows+2); !strings.Contains(stderr, want) {
			t.Errorf("%s workers: %s, want %s", n, stderr, want)
		}
	}
}

func TestAttributeAsCSV(t *testing.T) {
	_, out, _ := attributeRaw(t, threePaths, "--model", "linear", "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 7 || rows[0][1] != "key" || rows[6][1] != unattributedKey || rows[6][4] != "7" {
		t.Errorf("rows = %v", rows)
	}
}

func FuzzAttributePath(f *testing.F) {
	for _, s := range []string{"", " > > ", "a >  > b", "c", "a>b > c", "a > b >", ">>", "日 > 本", "\xff > a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range appendPath(nil, s) {
			if p.Channel == "" || strings.TrimSpace(p.Channel) != p.Channel || !strings.Contains(s, p.Channel) {
				t.Fatalf("%q has a touch of %q", s, p.Channel)
			}
		}
	})
}

func FuzzAttributeMoney(f *testing.F) {
	for _, s := range []string{"1", "-0.005", "1e2", "0.125", "..", "1e999", "+7", "0x1"} {
		f.Add(s, 2)
	}
	f.Fuzz(func(t *testing.T, s string, exponent int) {
		if exponent < 0 || exponent > 3 {
			t.Skip()
		}
		value, minor, rounded, err := parseMoney(s, exponent)
		if err != nil {
			return
		}
		off := math.Abs(value*float64(pow10(exponent)) - float64(minor))
		if off > 0.5+1e-9*math.Abs(float64(minor)) || !rounded && off > 1e-6*max(1, math.Abs(float64(minor))) {
			t.Fatalf("%q is %v and %d", s, value, minor)
		}
	})
}

func FuzzAttributeLine(f *testing.F) {
	for s := range strings.Lines(ndjson) {
		f.Add(s)
	}
	f.Add(`{"touches":[],"conversions":[{"at":"2026-05-04T00:00:00Z"},{"at":"2026-05-04T00:00:00Z"}]}`)
	c := AttributeCmd{Model: "linear", Weights: "40,20,40", HalfLife: 1, By: "channel", Order: 1}
	p, err := c.plan()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		part := p.partOfLines([]byte(line), 1)
		if part.err != nil {
			if !strings.HasPrefix(part.err.Error(), "line ") {
				t.Fatalf("%v names no line", part.err)
			}
			return
		}
		credits, err := part.tally.Credits()
		if err != nil {
			t.Fatal(err)
		}
		sum := credits.UnattributedMinor
		for _, k := range credits.Keys {
			sum += k.Minor
		}
		if sum != credits.Minor {
			t.Fatalf("credits and unattributed are %d of %d", sum, credits.Minor)
		}
	})
}
