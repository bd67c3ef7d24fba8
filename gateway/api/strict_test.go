package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"showrunner/live"
)

type inner struct {
	N    int64           `json:"n"`
	Flag *bool           `json:"flag,omitempty"`
	Raw  json.RawMessage `json:"raw,omitempty"`
}

type outer struct {
	Text  string   `json:"text"`
	At    *Time    `json:"at,omitempty"`
	List  []inner  `json:"list,omitempty"`
	Words []string `json:"words,omitempty"`
	One   *inner   `json:"one,omitempty"`
}

func TestDecode(t *testing.T) {
	f := func(body string, want outer) {
		t.Helper()
		got, err := decode[outer]([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", body, got, want)
		}
	}
	yes := true
	f(`{"text":""}`, outer{})
	f("\t{ \"text\" : \"a\" ,\n\"words\" : [ ] } ", outer{Text: "a", Words: []string{}})
	f(`{"text":"}],\"\\"}`, outer{Text: `}],"\`})
	f(`{"te\u0078t":"\ud83d\ude00"}`, outer{Text: "😀"})
	f(`{"text":"a","at":null,"list":null,"one":null}`, outer{Text: "a"})
	f(`{"text":"a","list":[{"n":-5},{"n":9223372036854775807,"flag":true}]}`, outer{Text: "a", List: []inner{{N: -5}, {N: 9223372036854775807, Flag: &yes}}})
	f(`{"one":{"raw":{"a":[1,{"b":"]"}],"c":1.5},"n":0},"text":"a"}`, outer{Text: "a", One: &inner{Raw: json.RawMessage(`{"a":[1,{"b":"]"}],"c":1.5}`)}})
	f(`{"one":{"raw":null,"n":1},"text":"a"}`, outer{Text: "a", One: &inner{N: 1, Raw: json.RawMessage(`null`)}})
}

func TestDecodeRefuses(t *testing.T) {
	f := func(body, code, field string) {
		t.Helper()
		var e *live.Error
		if _, err := decode[outer]([]byte(body)); !errors.As(err, &e) || e.Code != code || e.Field != field || e.Fault != live.FaultInvalid {
			t.Errorf("%s: got %v, want %s of %q", body, err, code, field)
		}
	}
	f(``, "malformed_json", "")
	f(` `, "malformed_json", "")
	f(`{`, "malformed_json", "")
	f(`{"text":"a"}}`, "malformed_json", "")
	f(`{'text':'a'}`, "malformed_json", "")
	f(`{"text":"a",}`, "malformed_json", "")
	f(`{"text":01}`, "malformed_json", "")
	f(`"text"`, "invalid_field", "")
	f(`null`, "invalid_field", "")
	f(`{}`, "invalid_field", "text")
	f(`{"text":null}`, "invalid_field", "text")
	f(`{"text":[]}`, "invalid_field", "text")
	f(`{"text":"a","TEXT":"b"}`, "unknown_field", "TEXT")
	f(`{"text":"a","te\u0078t":"b"}`, "invalid_field", "text")
	f(`{"text":"a","":1}`, "unknown_field", "")
	f(`{"text":"a","list":{}}`, "invalid_field", "list")
	f(`{"text":"a","list":[{"n":1},{"n":1.0}]}`, "invalid_field", "list[1].n")
	f(`{"text":"a","list":[{"n":1e2}]}`, "invalid_field", "list[0].n")
	f(`{"text":"a","list":[{"n":9223372036854775808}]}`, "invalid_field", "list[0].n")
	f(`{"text":"a","list":[{"n":"1"}]}`, "invalid_field", "list[0].n")
	f(`{"text":"a","list":[{"n":true}]}`, "invalid_field", "list[0].n")
	f(`{"text":"a","list":[{}]}`, "invalid_field", "list[0].n")
	f(`{"text":"a","list":[null]}`, "invalid_field", "list[0]")
	f(`{"text":"a","one":{"n":1,"flag":"yes"}}`, "invalid_field", "one.flag")
	f(`{"text":"a","one":{"n":1,"more":{"x":1}}}`, "unknown_field", "one.more")
	f(`{"text":"a","words":["a",1]}`, "invalid_field", "words[1]")
	f(`{"text":"a","at":"2026-13-01T00:00:00Z"}`, "invalid_field", "at")
	f(`{"text":"a","at":"1066-10-14T09:00:00Z"}`, "invalid_field", "at")
	f(`{"text":"a","at":12}`, "invalid_field", "at")
}

// TestShapesFit: every body of the list of routes has a shape, and at most as
// many members as are tracked.
func TestShapesFit(t *testing.T) {
	for _, s := range []*shape{
		shapeOf[NewRoom](), shapeOf[PatchRoom](), shapeOf[NewShow](), shapeOf[PatchShow](), shapeOf[NewShelf](), shapeOf[PatchItem](),
		shapeOf[NewCommand](), shapeOf[Transition](), shapeOf[NewOrder](), shapeOf[NewIntegration](), eventShape, factShape, createdShape,
	} {
		if n := len(s.members); n == 0 || n > maxMembers {
			t.Errorf("a body has %d members, at most %d can be tracked", n, maxMembers)
		}
	}
}

// FuzzDecode: what the strict decoder accepts the standard one accepts too, with
// unknown members refused, and gives the same value.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"text":"a"}`, `{"text":"a","list":[{"n":1,"raw":[1,{"x":"]}"}]}]}`, `{"text":"\u0000\\\""}`, `[`, `{"text":"a","at":"2026-01-02T12:00:00Z"}`,
		`{"text":"a","one":{"n":-0}}`, "{\"text\":\"\xff\"}", `{"text":"a","words":["",""]}`, `{"text":"a","one":{"n":1,"flag":false}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decode[outer](body)
		var e *live.Error
		if err != nil {
			if !errors.As(err, &e) || e.Code == "" {
				t.Errorf("refused without a code: %v", err)
			}
			return
		}
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.DisallowUnknownFields()
		var want outer
		if err := d.Decode(&want); err != nil {
			t.Fatalf("the standard decoder refuses: %v", err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
