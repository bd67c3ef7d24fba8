package live

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anyCredit draws how an order is divided.
func anyCredit(t *rapid.T) OrderCredit {
	c := OrderCredit{Order: "o1", Model: "linear", Ver: 2, Window: time.Hour, Rules: "r1"}
	parts := rapid.IntRange(0, 20).Draw(t, "parts")
	for i := range parts {
		c.Parts = append(c.Parts, CreditPart{Stage: rapid.SampledFrom(Stages).Draw(t, "stage"), Channel: string(rune('a' + i))})
	}
	if parts > 0 {
		for range rapid.IntRange(1, 40).Draw(t, "touches") {
			c.Of = append(c.Of, rapid.IntRange(0, parts-1).Draw(t, "of"))
			c.Weights = append(c.Weights, rapid.Int64Range(1, 1<<60).Draw(t, "weight"))
		}
	}
	return c
}

// Whatever the weights, parts, stages and what events tell sum to the money, and
// money that goes back leaves nothing.
func TestCreditSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCredit(t)
		value := rapid.Int64Range(-MaxMinor, MaxMinor).Draw(t, "value")
		parts, rest := c.Split(value)
		sum := rest
		for _, p := range parts {
			sum += p
		}
		if sum != value {
			t.Fatalf("parts sum to %d of %d", sum, value)
		}
		stages, rest := c.Stages(value)
		back, restBack := c.Stages(-value)
		sum = rest
		for i := range stages {
			sum += stages[i]
			if stages[i]+back[i] != 0 {
				t.Fatalf("stage %d: %d there and %d back", i, stages[i], back[i])
			}
		}
		if sum != value || rest+restBack != 0 {
			t.Fatalf("stages sum to %d of %d", sum, value)
		}
		change := ShowCredit{Currency: "CNY", Orders: 1, Value: value, Stages: stages, Unattributed: rest}
		o := CreditedOrder{Merchant: "m", Order: "o1", Person: "p", CreditHome: CreditHome{Show: "s", Currency: "CNY"}, PaidAt: time.UnixMilli(1), Value: value}
		data, err := CreditData(&o, &c, 1, CreditPaid, &change)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := CreditChange(data); err != nil || got != change {
			t.Fatalf("read back %+v, %v; want %+v", got, err, change)
		}
		var seen struct {
			Parts []struct {
				Minor int64 `json:"value_minor"`
			} `json:"credits"`
			More         int64 `json:"more_credits_minor"`
			Unattributed int64 `json:"unattributed_minor"`
		}
		if err := json.Unmarshal(CreditSeen(data, true), &seen); err != nil {
			t.Fatal(err)
		}
		sum = seen.More + seen.Unattributed
		for _, p := range seen.Parts {
			sum += p.Minor
		}
		if sum != value || len(seen.Parts) > creditParts {
			t.Fatalf("a panel sees %d of %d in %d parts", sum, value, len(seen.Parts))
		}
		if plain := string(CreditSeen(data, false)); strings.Contains(plain, "minor") || strings.Contains(plain, "currency") || strings.Contains(plain, "delta") {
			t.Fatalf("without money a panel sees %s", plain)
		}
	})
}

func FuzzCreditSeen(f *testing.F) {
	f.Add([]byte(`{"order_id":"o","credits":[{"stage":"lead","value_minor":3}],"delta":{"lead_minor":3}}`))
	f.Add([]byte(`{"credits":null}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, money := range []bool{true, false} {
			if out := CreditSeen(data, money); !json.Valid(out) {
				t.Fatalf("%q becomes %q", data, out)
			}
		}
		if c, err := CreditChange(data); err == nil && !json.Valid(data) {
			t.Fatalf("%q is read as %+v", data, c)
		}
	})
}
