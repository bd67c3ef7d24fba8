package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// A small town on a real server: what it answers is what was drawn, and every
// question was asked as often as was said.
func TestBenchGroups(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	t.Setenv(asProgram, "1") // so that the bench's server is this test binary
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"bench", "groups", "--groups", "12", "--members", "10", "--days", "70", "--rounds", "5"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, stderr.String(), stdout.String())
	}
	var out benchGroups
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatalf("%v in %s", err, stdout.String())
	}
	if out.Facts < 1000 || out.Checked < 12*20 || out.Wrong != 0 || len(out.Queries) != 4 {
		t.Errorf("%+v", out)
	}
	for _, q := range out.Queries {
		if q.Count != 5 || q.Bytes < 100 || q.P50 <= 0 || q.P95 < q.P50 || q.Max < q.P95 || q.Goal.Met != (q.P95 <= groupsGoal) {
			t.Errorf("%+v", q)
		}
	}
	for _, args := range [][]string{{"--groups", "0"}, {"--members", "4"}, {"--days", "30"}, {"--rounds", "4"}} {
		if code := run(t.Context(), append([]string{"bench", "groups"}, args...), &stdout, &stderr); code != 2 {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}
