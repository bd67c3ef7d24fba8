package console

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources are what a build of the console is made of, as app/scripts/stamp.ts
// lists them.
func sources(t *testing.T) []string {
	t.Helper()
	paths := []string{"app/index.html", "app/vite.config.ts", "client/client.ts", "package-lock.json"}
	for _, root := range []string{"app/src", "app/scripts"} {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && !strings.HasSuffix(path, ".test.ts") && e.Name() != "schema.d.ts" {
				paths = append(paths, filepath.ToSlash(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(paths)
	return paths
}

// TestDistIsOfTheseSources: the committed build was made of the committed
// sources. It needs no Node, so nobody forgets it; that the build is byte for
// byte what the sources give is looked at by make console-check.
func TestDistIsOfTheseSources(t *testing.T) {
	all := sha256.New()
	for _, path := range sources(t) {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		fmt.Fprintf(all, "%s %s\n", path, hex.EncodeToString(sum[:]))
	}
	got, err := built.ReadFile("dist/SOURCES")
	if err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(all.Sum(nil)) + "\n"; string(got) != want {
		t.Errorf("gateway/console/dist is not built of these sources (%.12s, want %.12s): run make console and commit gateway/console/dist", got, want)
	}
}

// TestDistNeedsNobody: the build asks no other host, has nothing inline that the
// policy would forbid, and does not make code of texts.
func TestDistNeedsNobody(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script(?:[^>]*)>[^<]`)
	fetched := regexp.MustCompile(`(?:fetch|import|Worker|EventSource|WebSocket)\(\s*["'` + "`" + `](?:https?:)?//|url\(\s*["']?(?:https?:)?//|(?:src|href)="(?:https?:)?//`)
	files := load(dist()).files
	if len(files) < 5 {
		t.Fatalf("%d files: the build is not there", len(files))
	}
	for name, f := range files {
		text := string(f.body)
		if m := inline.FindString(text); m != "" && strings.HasSuffix(name, ".html") {
			t.Errorf("%s has inline code or style: %q", name, m)
		}
		if m := fetched.FindString(text); m != "" {
			t.Errorf("%s asks another host: %q", name, m)
		}
		if strings.Contains(text, "sourceMappingURL") {
			t.Errorf("%s names a source map", name)
		}
	}
}
