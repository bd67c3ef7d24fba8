package alert

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

func TestParseRules(t *testing.T) {
	good, err := json.Marshal(DefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseRules(good)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(DefaultRules(), *got); d != "" {
		t.Errorf("-default +read\n%s", d)
	}
	if r, err := ParseRules([]byte(`{"rules":[]}`)); err != nil || len(r.Rules) != 0 {
		t.Errorf("no rules: %v", err)
	}
	with := func(old, fresh string) string { return strings.Replace(string(good), old, fresh, 1) }
	for document, field := range map[string]string{
		``:                      "",
		`null`:                  "",
		`[]`:                    "",
		string(good) + `{}`:     "",
		`{"rules":[],"more":1}`: "",
		with(`"rule":"inflow_fall"`, `"rule":"In flow"`):         "rules[0].rule",
		with(`"rule":"conversion_fall"`, `"rule":"inflow_fall"`): "rules[1].rule",
		with(`"kind":"inflow_fall"`, `"kind":"moon"`):            "rules[0].kind",
		with(`"severity":"warning"`, `"severity":"loud"`):        "rules[0].severity",
		with(`"raise":50`, `"raise":0`):                          "rules[0].raise",
		with(`"raise":50`, `"raise":"50"`):                       "rules.raise",
		with(`"raise":50`, `"raise":71`):                         "rules[0].clear",
		with(`"clear":2`, `"clear":5`):                           "rules[3].clear",
		with(`"clear":70`, `"clear":-1`):                         "rules[0].clear",
		with(`"hold_s":60`, `"hold_s":3601`):                     "rules[0].hold_s",
		with(`"rest_s":120`, `"rest_s":-1`):                      "rules[0].rest_s",
	} {
		_, err := ParseRules([]byte(document))
		e, ok := errors.AsType[*live.Error](err)
		if !ok || e.Code != "invalid_rules" || !strings.Contains(e.Field, field) {
			t.Errorf("%s: %v", document, err)
		}
	}
}

// FuzzParseRules: what is taken can be written and read again, and every rule of
// it can be both bad and calm, never at once.
func FuzzParseRules(f *testing.F) {
	good, err := json.Marshal(DefaultRules())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"rules":[{"rule":"a","kind":"sla_breach","severity":"critical","raise":3,"clear":2,"hold_s":0,"rest_s":0}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseRules(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseRules(again)
		if err != nil {
			t.Fatalf("%s is not taken again: %v", again, err)
		}
		if len(back.Rules) != len(r.Rules) {
			t.Fatalf("%d rules became %d", len(r.Rules), len(back.Rules))
		}
		for i := range r.Rules {
			for n := range int64(300) {
				if x := (Reading{Num: n, Den: 2}); r.Rules[i].Bad(x) && r.Rules[i].Calm(x) {
					t.Fatalf("%+v is bad and calm at %d/2", r.Rules[i], n)
				}
			}
		}
	})
}
