package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// A small sale on a real server: the panel is told of every order, once, and of
// all of its money.
func TestBenchCredit(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	t.Setenv(asProgram, "1") // so that the bench's server is this test binary
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"bench", "credit", "--rate", "40", "--duration", "2s", "--conns", "4", "--buyers", "30", "--touches", "5"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	var out benchCredit
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatalf("%v in %s", err, stdout.String())
	}
	if out.Paid < 10 || out.Credited != out.Paid || out.Wait.Count != out.Paid || out.Twice != 0 || out.Money == 0 || out.Earned != out.Money || out.Goal.Target == "" {
		t.Errorf("%+v", out)
	}
	for _, args := range [][]string{{"--rate", "0"}, {"--buyers", "0"}, {"--touches", "-1"}, {"--load", "9"}, {"--url", "http://127.0.0.1:1"}} {
		if code := run(t.Context(), append([]string{"bench", "credit"}, args...), &stdout, &stderr); code != 2 {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}
