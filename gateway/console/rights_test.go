package console

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"showrunner/live"
)

// asked finds what pages ask the server's table for: rights by name, and
// commands, whose rights begin with "command.".
var asked = regexp.MustCompile(`\bsession\.may\(["'](\w+\.\w+)["']\)|\blogin\.may\(["'](\w+\.\w+)["']\)|\bneeds: "([^"]+)"|\bmay\(["']([a-z_]+)["']\)`)

// TestPagesAskForRightsThatAre: a right nobody has hides its button from
// everybody, and nothing else tells.
func TestPagesAskForRightsThatAre(t *testing.T) {
	found := 0
	err := filepath.WalkDir("app/src", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".vue") && !strings.HasSuffix(path, ".ts") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			right := m[1] + m[2] + m[3]
			if m[4] != "" {
				right = "command." + m[4]
			}
			found++
			if _, ok := live.Rights[live.Action(right)]; !ok {
				t.Errorf("%s asks for %s, which is no right", path, right)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 30 {
		t.Errorf("%d rights found; the search itself is broken", found)
	}
}
