package showrunner_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers lists the top-level folders from the bottom up. A package may import
// its own layer and the ones before it, never one after it.
var layers = []string{"live", "conversion", "analytics", "gateway", "cmd"}

// pure packages hold the rules of the trade: no driver, no framework, no files.
var pure = []string{"live", "conversion", "conversion/attribution", "conversion/care", "conversion/care/text", "conversion/lifetime", "conversion/care/temperature", "analytics"}

var impure = []string{
	"database/sql", "net", "os", "log/slog", "math/rand", "github.com/gofiber/", "github.com/ClickHouse/", "github.com/nats-io/", "modernc.org/",
}

// TestImports holds the layers: arrows point down, siblings do not meet, pure
// packages stay pure. The root of a layer may import its own children (gateway
// mounts their routes) and cmd joins everything.
func TestImports(t *testing.T) {
	module := strings.TrimSpace(run(t, "go", "list", "-m"))
	list := json.NewDecoder(strings.NewReader(run(t, "go", "list", "-json=ImportPath,Imports", "./...")))
	seen := map[string]bool{}
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := list.Decode(&p); errors.Is(err, io.EOF) {
			for _, name := range pure {
				if !seen[name] {
					t.Errorf("%s must be pure but was not found: was it moved?", name)
				}
			}
			return
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		seen[name] = true
		for _, imp := range p.Imports {
			rel, ours := strings.CutPrefix(imp, module+"/")
			switch {
			case ours && layer(t, rel) > layer(t, name):
				t.Errorf("%s imports %s: the arrow points up", name, rel)
			case ours && siblings(name, rel):
				t.Errorf("%s imports its sibling %s: declare the interface you need, let cmd join them", name, rel)
			case slices.Contains(pure, name) && slices.ContainsFunc(impure, func(s string) bool {
				return imp == s || strings.HasPrefix(imp, s+"/") || strings.HasSuffix(s, "/") && strings.HasPrefix(imp, s)
			}):
				t.Errorf("%s is pure but imports %s", name, imp)
			}
		}
	}
}

// layer reports how high pkg stands; the module root stands above all.
func layer(t *testing.T, pkg string) int {
	t.Helper()
	top, _, _ := strings.Cut(pkg, "/")
	i := slices.Index(layers, top)
	if i < 0 && pkg != "" {
		t.Fatalf("%s: %q is not a layer", pkg, top)
	}
	if i < 0 {
		return len(layers)
	}
	return i
}

// siblings reports whether a and b are different children of one layer.
func siblings(a, b string) bool {
	topA, childA, okA := strings.Cut(a, "/")
	topB, childB, okB := strings.Cut(b, "/")
	childA, _, _ = strings.Cut(childA, "/")
	childB, _, _ = strings.Cut(childB, "/")
	return okA && okB && topA == topB && childA != childB
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, exit.Stderr)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return string(out)
}
