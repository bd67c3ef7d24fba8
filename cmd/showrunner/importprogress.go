package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
)

// importProgress is where an import stands, as FILE.progress keeps it.
// Everything before Offset is done; what the counts and the rejects know
// beyond it is done again and changes nothing.
type importProgress struct {
	Kind         string `json:"kind"`
	Source       string `json:"source"`
	Head         string `json:"head"` // fingerprint of the file's beginning
	Offset       int64  `json:"offset"`
	Lines        int64  `json:"lines"`
	Accepted     int64  `json:"accepted"`
	Duplicates   int64  `json:"duplicates"`
	Rejected     int64  `json:"rejected"`
	RejectsBytes int64  `json:"rejects_bytes"`
}

// load reads the progress of an earlier run of the same import. None is no
// fault: the import begins at the beginning.
func (p *importProgress) load(path string) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read progress: %w", err)
	}
	var was importProgress
	if err := json.Unmarshal(raw, &was); err != nil {
		return fmt.Errorf("read progress %s: %w", path, err)
	}
	if was.Kind != p.Kind || was.Source != p.Source || was.Head != p.Head {
		return fmt.Errorf("%w: %s is of another file, kind or source; import without --resume", errUsage, path)
	}
	*p = was
	return nil
}

// save replaces the progress file in one step, and only when it is on disk.
func (p *importProgress) save(path string) (err error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode progress: %w", err)
	}
	tmp := path + ".tmp"
	f, err := os.Create(tmp)
	if err != nil {
		return fmt.Errorf("write progress: %w", err)
	}
	_, err = f.Write(append(raw, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return fmt.Errorf("write progress: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("write progress: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("write progress: %w", err)
	}
	return nil
}

// summary is what the command prints at its end.
func (p *importProgress) summary(dry bool) map[string]any {
	return map[string]any{
		"kind": p.Kind, "source": p.Source, "lines": p.Lines, "accepted": p.Accepted, "duplicates": p.Duplicates, "rejected": p.Rejected, "dry_run": dry,
	}
}

// fingerprint names the beginning of a file, so that progress is not carried
// over to another one of the same name. A file may grow.
func fingerprint(f io.ReaderAt, size int64) (string, error) {
	const most = 4 << 10
	head := make([]byte, min(size, most))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read input: %w", err)
	}
	sum := sha256.Sum256(head)
	return hex.EncodeToString(sum[:8]), nil
}

// rejectFile collects the lines that were not taken, as NDJSON. It is made with
// the first of them.
type rejectFile struct {
	path string
	f    *os.File
	size int64
}

// openRejects goes on behind the first size bytes of an earlier run.
func openRejects(path string, size int64) (*rejectFile, error) {
	r := &rejectFile{path: path, size: size}
	if size == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("clear rejects: %w", err)
		}
		return r, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("open rejects: %w", err)
	}
	r.f = f
	return r, nil
}

func (r *rejectFile) write(line int64, code, reason string) error {
	if r.f == nil {
		f, err := os.Create(r.path)
		if err != nil {
			return fmt.Errorf("write rejects: %w", err)
		}
		r.f = f
	}
	raw, err := json.Marshal(struct {
		Line   int64  `json:"line"`
		Code   string `json:"code"`
		Reason string `json:"reason"`
	}{line, code, reason})
	if err != nil {
		return fmt.Errorf("encode reject: %w", err)
	}
	n, err := r.f.Write(append(raw, '\n'))
	r.size += int64(n)
	if err != nil {
		return fmt.Errorf("write rejects: %w", err)
	}
	return nil
}

// sync makes what was written durable and tells how much it is.
func (r *rejectFile) sync() (int64, error) {
	if r.f == nil {
		return r.size, nil
	}
	if err := r.f.Sync(); err != nil {
		return 0, fmt.Errorf("write rejects: %w", err)
	}
	return r.size, nil
}

func (r *rejectFile) close() error {
	if r.f == nil {
		return nil
	}
	return r.f.Close()
}

// meterEvery is how often an import that nobody watches says where it is.
const meterEvery = 5 * time.Second

// meter shows how far an import is: a bar on a terminal, else a line now and then.
type meter struct {
	w    io.Writer
	bar  *progressbar.ProgressBar
	size int64
	last time.Time
}

func newMeter(w io.Writer, size, offset int64) *meter {
	m := &meter{w: w, size: size, last: time.Now()}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			m.bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(f), progressbar.OptionShowBytes(true),
				progressbar.OptionSetDescription("import"), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionShowCount())
			_ = m.bar.Set64(offset) // A bar that cannot be drawn is no fault of the import.
		}
	}
	return m
}

func (m *meter) at(offset, facts int64) {
	if m.bar != nil {
		_ = m.bar.Set64(offset) // See newMeter.
		return
	}
	if now := time.Now(); now.Sub(m.last) >= meterEvery {
		m.last = now
		fmt.Fprintf(m.w, "import: %d of %d bytes, %d facts\n", offset, m.size, facts)
	}
}

func (m *meter) stop() {
	if m.bar != nil {
		_ = m.bar.Exit() // See newMeter.
		fmt.Fprintln(m.w)
	}
}
