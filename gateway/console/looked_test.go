package console

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestEveryPageIsLookedAt: a page that is added is looked at in a browser in both
// languages, both themes and at all widths, by a play that every run of the tests
// has, and stands in the album of pictures.
func TestEveryPageIsLookedAt(t *testing.T) {
	plays, err := filepath.Glob("app/e2e/*.mjs")
	if err != nil {
		t.Fatal(err)
	}
	looked := map[string]bool{}
	look := regexp.MustCompile(`\blook\(\w+, "(\w+)"`)
	var album string
	for _, path := range plays {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "album.mjs" {
			album = string(text)
			continue
		}
		for _, m := range look.FindAllStringSubmatch(string(text), -1) {
			looked[m[1]] = true
		}
	}
	pages, err := filepath.Glob("app/src/pages/*/page.ts")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, path := range pages {
		name := filepath.Base(filepath.Dir(path))
		if !looked[name] {
			t.Errorf("nothing looks at the page %s: add look(p, %q) to a play of app/e2e", name, name)
		}
		if !regexp.MustCompile(`"` + name + `["-]`).MatchString(album) {
			t.Errorf("the page %s is not in the album: add it to app/e2e/album.mjs", name)
		}
	}
}
