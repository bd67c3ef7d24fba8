package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandLine runs the program with right and wrong words and files.
func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	file := func(text string) string {
		path := filepath.Join(dir, "config.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data := filepath.Join(dir, "data")
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string // on either stream
	}{
		{"nothing", nil, 2, []string{"expected one of"}},
		{"an unknown command", []string{"dance"}, 2, []string{"dance"}},
		{"defaults", []string{"serve", "--check", "--data", data}, 0, []string{"valid"}},
		{
			"every fault at once",
			[]string{"serve", "--check", "--addr", "x", "--order-ttl", "1ms", "--clickhouse", "ftp://user:hunter2@h", "--engine-memory", "1"},
			2,
			[]string{"--addr", "--order-ttl", "--clickhouse", "--engine-memory"},
		},
		{"a good file", []string{"serve", "--check", "--config", file(`{"order-ttl":"5m","rate_limits":"off"}`)}, 0, []string{"valid"}},
		{"a token", []string{"token", "--data", data, "--role", "viewer", "--sub", "u1", "--merchant", "m1"}, 0, []string{"ey"}},
		{"a token of no role", []string{"token", "--data", data, "--role", "king", "--sub", "u1"}, 2, []string{"role"}},
		{"a token of no merchant", []string{"token", "--data", data, "--role", "viewer", "--sub", "u1"}, 2, []string{"merchant_id"}},
		{"a report of nothing", []string{"report", "--show", "s1"}, 2, []string{"--url", "--data"}},
		{"the version", []string{"version"}, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) { commandLine(t, c.args, c.code, c.says...) })
	}
	t.Run("rules of touches", func(t *testing.T) {
		commandLine(t, []string{"serve", "--check", "--touch-rules", file(`{"version":"v1","rules":[{"kind":"followed","stage":"lead","channel":"x"}]}`)}, 0, "valid")
		commandLine(t, []string{"serve", "--check", "--touch-rules", file(`{"version":"v1","rules":[{"kind":"dances","stage":"x","channel":""}]}`)}, 2, "--touch-rules", "dances", "stage", "channel")
		commandLine(t, []string{"serve", "--check", "--touch-rules", filepath.Join(dir, "nowhere")}, 2, "--touch-rules")
	})
	t.Run("a file with a typing error", func(t *testing.T) {
		commandLine(t, []string{"serve", "--check", "--config", file(`{"oder-ttl":"5m"}`)}, 2, "oder-ttl")
	})
	t.Run("a file that is no object", func(t *testing.T) {
		commandLine(t, []string{"serve", "--check", "--config", file(`[1]`)}, 2, "JSON object")
	})
	t.Run("a key twice", func(t *testing.T) {
		commandLine(t, []string{"serve", "--check", "--config", file(`{"order-ttl":"5m","order_ttl":"6m"}`)}, 2, "twice")
	})
	t.Run("a bad value in a file", func(t *testing.T) {
		commandLine(t, []string{"serve", "--check", "--config", file(`{"order-ttl":"1ms"}`)}, 2, "--order-ttl")
	})
}

func commandLine(t *testing.T, args []string, code int, says ...string) {
	t.Helper()
	var out bytes.Buffer
	if got := run(t.Context(), args, &out, &out); got != code {
		t.Errorf("%v: exit code %d, want %d\n%s", args, got, code, out.String())
	}
	for _, s := range says {
		if !strings.Contains(out.String(), s) {
			t.Errorf("%v: does not say %q:\n%s", args, s, out.String())
		}
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("%v: a password is told:\n%s", args, out.String())
	}
}
