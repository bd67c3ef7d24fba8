package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"slices"
	"testing"
	"time"

	"showrunner/analytics/pdf"
)

// TestReportOnPaper prints the report of a server as PDF, twice the same for the
// same as_of; a server whose Chromium is missing says so.
func TestReportOnPaper(t *testing.T) {
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0", "--chromium", "/nowhere/chromium")
	s := newStage(t, p.url, data, "m-paper", "r-paper", "Asia/Shanghai", good{"p1", "sku1", 1990, 5})
	asOf := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	status, body, err := call(t.Context(), "GET", s.path("/report?format=pdf&as_of="+asOf), s.merch, nil)
	if err != nil {
		t.Fatal(err)
	}
	var refusal struct{ Code string }
	if err := json.Unmarshal(body, &refusal); err != nil || status != http.StatusNotImplemented || refusal.Code != "pdf_unavailable" {
		t.Errorf("without a Chromium: %d %s, want 501 pdf_unavailable", status, body)
	}
	p.stop(30 * time.Second)
	if !slices.ContainsFunc(pdf.Browsers, func(name string) bool { _, err := exec.LookPath(name); return err == nil }) {
		t.Skip("no Chromium on the PATH: nothing is printed")
	}
	p = startProgram(t, data, "127.0.0.1:0")
	s.url = p.url
	s.reconciled(time.Minute)
	var first []byte
	for range 2 {
		status, body, err := call(t.Context(), "GET", s.path("/report?format=pdf&lang=en&as_of="+asOf), s.merch, nil)
		if err != nil || status != http.StatusOK || !bytes.HasPrefix(body, []byte("%PDF-")) {
			t.Fatalf("%d, %v: %.200s", status, err, body)
		}
		if first == nil {
			first = body
		} else if !bytes.Equal(first, body) {
			t.Error("the same as_of is printed in other bytes")
		}
	}
}
