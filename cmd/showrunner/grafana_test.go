package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var metricName = regexp.MustCompile(`\b(?:showrunner|process|go)_[a-z0-9_]+`)

// metricsOf are the names of all series a server tells, as an expression may name
// them.
func metricsOf(t *testing.T, url string) map[string]bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	names := map[string]bool{}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		// A histogram has a name that none of its series has.
		text := strings.TrimPrefix(lines.Text(), "# TYPE ")
		if name := metricName.FindString(text); name != "" && strings.HasPrefix(text, name) {
			names[name] = true
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

func page(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "docs"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// expressions are those of the dashboard, by panel.
func expressions(t *testing.T) map[string][]string {
	t.Helper()
	var board struct {
		Panels []struct {
			Type, Title, Description string
			Targets                  []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(page(t, "grafana", "showrunner.json")), &board); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, p := range board.Panels {
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 || out[p.Title] != nil {
			t.Errorf("panel %q lacks a description or a question, or is there twice", p.Title)
		}
		for _, x := range p.Targets {
			out[p.Title] = append(out[p.Title], x.Expr)
		}
	}
	return out
}

// TestDashboard: every metric that a panel, an alarm or the runbook names is one
// that a server on which a show runs really tells; every alarm has its part in the
// runbook, and the other way round; and parentheses are closed.
func TestDashboard(t *testing.T) {
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.RateLimits = t.TempDir(), "127.0.0.1:0", "warn", "off"
	url := startServer(t, c)
	s := newStageAt(t, clock, url, c.Data, "m-a", "r-a", "UTC", good{"pa", "sku-a", 1000, 50})
	v := s.viewer("ann", "channel=search")
	defer v.close()
	var names map[string]bool
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		names = metricsOf(t, url)
		if names["showrunner_clickhouse_table_rows"] && names["showrunner_clickhouse_sink_rows_total"] {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("ClickHouse has no rows after a minute: %v", names)
		}
	}
	named := 0
	known := func(where, text string) {
		for _, name := range metricName.FindAllString(text, -1) {
			named++
			if !names[name] {
				t.Errorf("%s names %s, which the server does not tell", where, name)
			}
		}
	}
	for panel, list := range expressions(t) {
		for _, expr := range list {
			known("panel "+panel, expr)
			if !metricName.MatchString(expr) || strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") {
				t.Errorf("panel %s: %s is no expression", panel, expr)
			}
		}
	}
	runbook := page(t, "runbook.md")
	for line := range strings.SplitSeq(runbook, "\n") {
		for _, quoted := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(line, -1) {
			known("the runbook", regexp.MustCompile(`showrunner_[a-z_]*\b`).FindString(quoted[1]))
		}
	}
	alarms := map[string]bool{}
	for line := range strings.SplitSeq(page(t, "grafana", "alerts.yml"), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "- alert: "); ok {
			alarms[name] = true
			if !strings.Contains(runbook, "\n## "+name+"\n") {
				t.Errorf("the runbook does not tell of %s", name)
			}
		}
		if expr, ok := strings.CutPrefix(strings.TrimSpace(line), "expr: "); ok {
			known("an alarm", expr)
		}
	}
	for _, part := range regexp.MustCompile(`(?m)^## ([A-Z][a-z]+[A-Z]\w*)$`).FindAllStringSubmatch(runbook, -1) {
		if !alarms[part[1]] {
			t.Errorf("the runbook tells of %s, which never rings", part[1])
		}
	}
	for _, word := range regexp.MustCompile(`Runbook: (\w+)`).FindAllStringSubmatch(page(t, "grafana", "showrunner.json"), -1) {
		if !alarms[word[1]] {
			t.Errorf("a panel sends to %s, which never rings", word[1])
		}
	}
	if len(alarms) < 10 || named < 40 {
		t.Errorf("%d alarms and %d names of metrics were found: are the files read at all?", len(alarms), named)
	}
}
