package engine

import (
	"fmt"
	"os"
	"sync"
)

// logLimit is when the log file is put aside; one older file is kept.
const logLimit = 8 << 20

// logFile is a file of bounded size: when full it becomes name.1.
type logFile struct {
	mu   sync.Mutex
	name string
	most int64
	file *os.File
	size int64

	dropped int64 // writes that failed
}

func openLog(name string, most int64) (*logFile, error) {
	l := &logFile{name: name, most: most}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *logFile) open() error {
	f, err := os.OpenFile(l.name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("engine: open log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("engine: size of log: %w", err)
	}
	l.file, l.size = f, info.Size()
	return nil
}

// Write appends p whole, or drops it: an error would end the copying of the
// child's output, and a child whose output nobody reads stands still. A full
// disk must cost the log, not the engine.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+int64(len(p)) > l.most && l.size > 0 {
		l.rotate()
	}
	n, err := l.file.Write(p)
	l.size += int64(n)
	if err != nil {
		l.dropped++
	}
	return len(p), nil
}

// rotate puts the full file aside. If that fails the file is begun anew.
func (l *logFile) rotate() {
	old := l.file
	if os.Rename(l.name, l.name+".1") == nil && l.open() == nil {
		_ = old.Close() // Everything written is in it; nothing is left to lose.
		return
	}
	if old.Truncate(0) == nil {
		l.size = 0
	}
}

func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// tail is the end of the log, for an error message.
func (l *logFile) tail(n int64) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := os.ReadFile(l.name)
	if err != nil {
		return err.Error()
	}
	if int64(len(b)) > n {
		b = b[int64(len(b))-n:]
	}
	return string(b)
}
