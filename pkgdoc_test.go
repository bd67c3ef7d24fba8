package showrunner_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maxLines is where a file has found a second noun and should be two.
const maxLines = 500

// minDoc is what a package comment needs at least to be a place to start from.
const minDoc = 80

func TestPackagesAndFiles(t *testing.T) {
	list := json.NewDecoder(strings.NewReader(run(t, "go", "list", "-json=ImportPath,Dir,GoFiles,IgnoredGoFiles", "./...")))
	for packages := 0; ; packages++ {
		var p struct {
			ImportPath, Dir         string
			GoFiles, IgnoredGoFiles []string
		}
		if err := list.Decode(&p); errors.Is(err, io.EOF) {
			if packages == 0 {
				t.Fatal("go list named no package: nothing was checked")
			}
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) == 0 {
			continue // only tests, like the module root
		}
		var documented []string
		for _, name := range append(p.GoFiles, p.IgnoredGoFiles...) {
			path := filepath.Join(p.Dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Count(string(text), "\n"); lines > maxLines {
				t.Errorf("%s/%s has %d lines, at most %d: it holds more than one noun", p.ImportPath, name, lines, maxLines)
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if file.Doc == nil {
				continue
			}
			documented = append(documented, name)
			doc := file.Doc.Text()
			if file.Name.Name != "main" && !strings.HasPrefix(doc, "Package "+file.Name.Name+" ") {
				t.Errorf("%s/%s: the package comment must begin with \"Package %s \"", p.ImportPath, name, file.Name.Name)
			}
			if len(doc) < minDoc {
				t.Errorf("%s/%s: the package comment has %d characters; nobody can start from that", p.ImportPath, name, len(doc))
			}
		}
		if len(documented) != 1 {
			t.Errorf("%s has package comments in %q, want exactly one file", p.ImportPath, documented)
		}
	}
}
