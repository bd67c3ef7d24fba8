package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// The bench measures all of its work; how fast is not asked of a test.
func TestBenchAttribution(t *testing.T) {
	var out, errs bytes.Buffer
	c := BenchAttributionCmd{Journeys: 3000, Few: 1000, Rounds: 3, Seed: 7}
	if err := c.Execute(t.Context(), &out, &errs); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	var got attributionFigures
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Figures) != 13 {
		t.Errorf("%d figures", len(got.Figures))
	}
	for _, f := range got.Figures {
		if f.Millis.Median <= 0 || f.Journeys == 0 || f.Touches <= f.Journeys || (f.Goal > 0) != (f.Verdict != "") {
			t.Errorf("%+v", f)
		}
	}
}
