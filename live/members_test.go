package live

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// plainMembers are the members of data, the last of each name, if it is plain.
func plainMembers(data []byte) (map[string]json.RawMessage, bool) {
	out := map[string]json.RawMessage{}
	m := MembersOf(data)
	for m.Next() {
		out[string(m.Name)] = slices.Clone(m.Value)
	}
	return out, m.Plain()
}

func TestMembers(t *testing.T) {
	for text, plain := range map[string]bool{
		`{}`: true,
		` { "a" : 1 , "b":[1,{"C":"\u00e9\n"},[]],"c":{"d":{}} , "e":"直播" } `: true,
		`{"a":1,"a":-2.5e+3,"b":null,"c":true,"d":false}`:                     true,
		``: false, `{`: false, `{"a"}`: false, `{"a":}`: false, `{"a":1,}`: false, `[]`: false, `null`: false,
		`{"a":1}x`: false, `{"a":01}`: false, `{"a":1.}`: false, `{"a":-}`: false, `{"a":1e}`: false, `{"a":tru}`: false,
		`{"a":"\x"}`: false, `{"a":"\u12g4"}`: false, "{\"a\":\"\n\"}": false, `{"a":"`: false, `{"a":"\`: false,
		`{"A":1}`: false, `{"\u0061":1}`: false, `{"é":1}`: false, // encoding/json knows these
		`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`: false,
		`{"a":[1 2]}`: false, `{"a":[1,]}`: false, `{"a":{1:2}}`: false, `{"a":{"b" 2}}`: false, `{"a":1 "b":2}`: false,
	} {
		if _, got := plainMembers([]byte(text)); got != plain {
			t.Errorf("%s: plain is %t", text, got)
		}
	}
	data := []byte(`{"text":"你好","watched_ms":30000,"visible":true,"nested":{"a":[1,2]}}`)
	if n := testing.AllocsPerRun(100, func() {
		m := MembersOf(data)
		for m.Next() {
		}
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// FuzzMembers compares with encoding/json: what is plain has the same members.
func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[{"c":null}],"d":"\u00e9","e":-1.5E-7}`))
	f.Add([]byte(`{"a":9223372036854775807,"b":-9223372036854775808,"c":9223372036854775808,"d":"\xff"}`))
	f.Add([]byte(` {"a" : "x" , "a":true} `))
	f.Add([]byte(`{"a longer name":"a text of more than eight","b":"its end is \"escaped\"","c":"直播间里的人","d":"12345678\u4e00","e":"12345678\\","f":"1234567\xff"}`))
	f.Add([]byte("{\"a\":\"a control \x1f in it\",\"b\":\"\x7f is none\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, plain := plainMembers(data)
		if !plain {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%s is plain, and %v", data, err)
		}
		if !maps.EqualFunc(want, got, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("%s has %s, want %s", data, got, want)
		}
		for _, v := range want {
			if text, ok := PlainText(v); ok {
				var s string
				if err := json.Unmarshal(v, &s); err != nil || s != string(text) {
					t.Errorf("%s is the text %q, want %q, %v", v, text, s, err)
				}
			}
			n, ok := PlainInt(v)
			var whole int64
			if err := json.Unmarshal(v, &whole); string(v) != "null" && ((err == nil) != ok || ok && n != whole) {
				t.Errorf("%s is the number %d, %t, want %d, %v", v, n, ok, whole, err)
			}
		}
	})
}
