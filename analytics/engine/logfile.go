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

// Write appends p whole. It never fails for want of room: the oldest text goes.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+int64(len(p)) > l.most && l.size > 0 {
		if err := l.file.Close(); err != nil {
			return 0, fmt.Errorf("engine: close log: %w", err)
		}
		if err := os.Rename(l.name, l.name+".1"); err != nil {
			return 0, fmt.Errorf("engine: put log aside: %w", err)
		}
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(p)
	l.size += int64(n)
	return n, err
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
