package analytics

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// TestDefinitions: every figure is defined in full and once, in both languages.
func TestDefinitions(t *testing.T) {
	seen, places := map[string]bool{}, map[string]string{}
	for _, d := range Definitions() {
		if d.Key == "" || d.EN == "" || d.Unit == "" || d.Axis == "" || d.Source == "" {
			t.Errorf("%+v is not defined in full", d)
		}
		if !strings.ContainsFunc(d.ZH, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && d.ZH != "online_now" {
			if d.Axis != AxisShow { // Shows have UV and PV by the names of the trade.
				t.Errorf("%s has the Chinese name %q", d.Key, d.ZH)
			}
		}
		if len(d.Formula) < 8 || strings.Contains(d.Formula, "  ") {
			t.Errorf("%s has the formula %q", d.Key, d.Formula)
		}
		han := 0
		for _, r := range d.FormulaZH {
			if unicode.Is(unicode.Han, r) {
				han++
			}
		}
		if han < 2 || d.FormulaZH == d.Formula || strings.Contains(d.FormulaZH, "  ") {
			t.Errorf("%s has the Chinese formula %q", d.Key, d.FormulaZH)
		}
		if strings.ContainsFunc(d.Formula, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s has the English formula %q", d.Key, d.Formula)
		}
		if d.Axis != AxisShow && d.Denominator != "" && !strings.Contains(d.FormulaZH, " / ") && !strings.Contains(d.Formula, " x ") {
			t.Errorf("%s is a rate, and its Chinese formula %q tells no parts", d.Key, d.FormulaZH)
		}
		if seen[d.Key] {
			t.Errorf("%s stands twice", d.Key)
		}
		seen[d.Key] = true
		if (d.Numerator == "") != (d.Denominator == "") {
			t.Errorf("%s is %q of %q", d.Key, d.Numerator, d.Denominator)
		}
		if d.Unit == UnitMinor && !d.Money {
			t.Errorf("%s is money and does not say so", d.Key)
		}
		if d.Axis == AxisShow {
			if len(d.At) > 0 {
				t.Errorf("%s is of shows and stands at %q", d.Key, d.At)
			}
			continue
		}
		if len(d.At) == 0 {
			t.Errorf("%s stands nowhere", d.Key)
		}
		for _, at := range d.At {
			if places[at] != "" {
				t.Errorf("%s is %s and %s", at, places[at], d.Key)
			}
			places[at] = d.Key
		}
		if found, ok := Define(d.Key); !ok || cmp.Diff(found, d) != "" {
			t.Errorf("%s is found as %+v", d.Key, found)
		}
	}
	// What a definition is made of, is defined.
	for i := range Metrics {
		if m := &Metrics[i]; m.IsRate() {
			d, ok := Define(m.Key)
			if !ok || d.Numerator == "" || d.Denominator == "" || strings.ContainsAny(d.Denominator, ";,") {
				t.Errorf("%s is %q of %q", m.Key, d.Numerator, d.Denominator)
			}
		}
	}
	parts := len(formulasOfShowsZH) + len(formulasOfPeopleZH) + len(formulasOfMoneyZH) + len(formulasOfGroupsZH) + len(formulasOfServiceZH) + len(formulasOfComplaintsZH)
	if len(formulasZH) != parts {
		t.Errorf("%d Chinese formulas, of %d: some stand twice", len(formulasZH), parts)
	}
	for key := range formulasZH {
		if !seen[key] {
			t.Errorf("%s is explained in Chinese, and defined nowhere", key)
		}
	}
	for _, c := range tableColumns() {
		if !seen[c.Key] && !slices.Contains([]Unit{UnitText, UnitTime, UnitList}, c.Unit) {
			t.Errorf("the column %s is defined nowhere", c.Key)
		}
	}
	if _, ok := Define("gmv"); ok {
		t.Error("a bare gmv is defined")
	}
}
