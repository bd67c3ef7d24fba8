package pdf

import (
	"bytes"
	"context"
	"errors"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"showrunner/live"
)

// chromium skips a test where there is none.
func chromium(t *testing.T) {
	t.Helper()
	for _, name := range Browsers {
		if _, err := exec.LookPath(name); err == nil {
			return
		}
	}
	t.Skip("no Chromium on the PATH: nothing is printed")
}

var (
	unseen = regexp.MustCompile(`(?s)<(style|title)\b.*?</(style|title)>`)
	tag    = regexp.MustCompile(`<[^>]*>`)
	number = regexp.MustCompile(`\d[\d,.:]*\d|\d`)
)

// numbers counts the numbers of a text.
func numbers(text string) map[string]int {
	n := map[string]int{}
	for _, x := range number.FindAllString(text, -1) {
		n[x]++
	}
	return n
}

var asOf = time.Date(2026, 6, 22, 13, 15, 32, 0, time.UTC)

// TestPrintedNumbers prints the report's page in either language and reads it
// back: every number that the page shows is on the paper, and no other.
func TestPrintedNumbers(t *testing.T) {
	chromium(t)
	p := New(Config{})
	for _, name := range []string{"report.html", "report.en.html"} {
		page, err := os.ReadFile(filepath.Join("..", "report", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Print(t.Context(), page, asOf)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(out, []byte("%PDF-")) {
			t.Fatalf("%s is printed as %q", name, out[:min(len(out), 20)])
		}
		pages := parsed(t, out).pages()
		if len(pages) < 3 {
			t.Errorf("%s is %d pages long", name, len(pages))
		}
		want := numbers(html.UnescapeString(tag.ReplaceAllString(unseen.ReplaceAllString(string(page), ""), "\n")))
		got := numbers(strings.Join(pages, "\n"))
		if len(want) < 300 {
			t.Fatalf("%s shows %d numbers", name, len(want))
		}
		for x, n := range want {
			if got[x] < n { // A head is printed again on every page of its table.
				t.Errorf("%s: %s stands %d times on paper, want %d", name, x, got[x], n)
			}
		}
		for x := range got {
			if want[x] == 0 {
				t.Errorf("%s: %s stands on paper alone", name, x)
			}
		}
	}
}

// TestPrintedAgain: the same page is the same file, made when it says.
func TestPrintedAgain(t *testing.T) {
	chromium(t)
	p := New(Config{})
	page := []byte("<!DOCTYPE html><title>x</title><p>净成交金额 1,234.50")
	first, err := p.Print(t.Context(), page, asOf)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Print(t.Context(), page, asOf)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("printed again the page is another file")
	}
	if n := bytes.Count(first, []byte("(D:20260622131532+00'00')")); n != 2 {
		t.Errorf("the file says %d times that it is of %v, want twice", n, asOf)
	}
}

// script is a browser that a test writes.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// find is the line of a script that learns where to write.
const find = `for a in "$@"; do case "$a" in --print-to-pdf=*) out="${a#*=}";; esac; done
`

func TestNoChromium(t *testing.T) {
	var refusal *live.Error
	_, err := New(Config{Browser: filepath.Join(t.TempDir(), "none")}).Print(t.Context(), nil, asOf)
	if !errors.As(err, &refusal) || refusal.Code != "pdf_unavailable" || refusal.Fault != live.FaultUnsupported {
		t.Errorf("without a browser: %v, want pdf_unavailable", err)
	}
}

// TestPrintTakesTooLong: a browser that hangs is ended with what it started, and
// its profile is deleted.
func TestPrintTakesTooLong(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := New(Config{Browser: script(t, "sleep 600 & sleep 600\n"), Timeout: 300 * time.Millisecond})
	var refusal *live.Error
	if _, err := p.Print(t.Context(), nil, asOf); !errors.As(err, &refusal) || refusal.Code != "pdf_timeout" {
		t.Errorf("a browser that hangs: %v, want pdf_timeout", err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "showrunner-pdf-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Print(ended, nil, asOf); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits for it: %v", err)
	}
}

func TestPrintFails(t *testing.T) {
	for name, body := range map[string]string{"a browser that fails": "echo no display >&2; exit 3\n", "a browser that writes nothing": "echo no display >&2\n"} {
		if _, err := New(Config{Browser: script(t, body)}).Print(t.Context(), nil, asOf); err == nil || !strings.Contains(err.Error(), "no display") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPrintOneAtATime: browsers that would meet fail.
func TestPrintOneAtATime(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	p := New(Config{Browser: script(t, find+`mkdir "`+lock+`" || exit 1; sleep 0.05; echo "%PDF-" > "$out"; rmdir "`+lock+`"`)})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := p.Print(t.Context(), nil, asOf); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	busy := New(Config{Browser: script(t, find+`echo "%PDF-" > "$out"`), Timeout: 10 * time.Millisecond})
	busy.turn <- struct{}{}
	var refusal *live.Error
	if _, err := busy.Print(t.Context(), nil, asOf); !errors.As(err, &refusal) || refusal.Code != "pdf_busy" {
		t.Errorf("while another page is printed: %v, want pdf_busy", err)
	}
}
