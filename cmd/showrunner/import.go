package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"showrunner/live"
)

// ImportCmd takes history from elsewhere in, over the public API. It may be
// repeated and resumed: what was taken in before changes nothing.
type ImportCmd struct {
	Kind     string `required:"" enum:"orders,events,touches" help:"orders, events or touches."`
	In       string `required:"" type:"path" help:"CSV or NDJSON file."`
	Format   string `default:"" enum:",csv,ndjson" help:"csv or ndjson; by the name of the file when left out."`
	URL      string `name:"url" help:"Address of the running server; not needed for a dry run."`
	Data     string `type:"path" help:"Data folder of the server; its keys sign the requests unless --token is given."`
	Token    string `help:"Token of the role integration, merchant or admin; better given as SHOWRUNNER_TOKEN."`
	Merchant string `help:"Merchant the history belongs to; needed with --data."`
	Source   string `default:"import" help:"Name of the system the history is of. Keep it: it is part of the identity of a fact."`
	Batch    int    `default:"1000" help:"Facts in one request, 1 to 10000."`
	Resume   bool   `help:"Go on where an interrupted import stopped."`
	DryRun   bool   `help:"Read and check the file, send nothing."`
}

// errRejected marks an import that came to its end without some lines: exit code 3.
var errRejected = errors.New("some lines were rejected")

// importBytes bounds the body of one request, under what the server takes.
const importBytes = 6 << 20

// Execute imports the file. Lines that cannot be taken are written with their
// number and reason to FILE.rejects, and the rest goes on. Where it stands is
// kept in FILE.progress, which a finished import leaves too.
func (c *ImportCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	f, err := os.Open(c.In)
	if err != nil {
		return fmt.Errorf("open input: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open input: %w", err)
	}
	run := &importRun{cmd: c, size: info.Size(), progress: importProgress{Kind: c.Kind, Source: c.Source}}
	if !c.DryRun {
		if run.token, err = c.sign(); err != nil {
			return err
		}
		var retries atomic.Int64
		run.api = newSimAPI(strings.TrimSuffix(c.URL, "/"), &retries)
	}
	if run.progress.Head, err = fingerprint(f, run.size); err != nil {
		return err
	}
	if c.Resume {
		if err := run.progress.load(c.In + ".progress"); err != nil {
			return err
		}
	}
	if run.rejects, err = openRejects(c.In+".rejects", run.progress.RejectsBytes); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.rejects.close()) }()
	lines, err := c.lines(f, run.size, run.progress.Offset, run.progress.Lines)
	if err != nil {
		return err
	}
	run.meter = newMeter(stderr, run.size, run.progress.Offset)
	if err := run.all(ctx, lines); err != nil {
		run.meter.stop()
		return fmt.Errorf("%w; go on with --resume", err)
	}
	run.meter.stop()
	if err := json.NewEncoder(stdout).Encode(run.progress.summary(c.DryRun)); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	if run.progress.Rejected > 0 {
		return fmt.Errorf("%w: %d, see %s", errRejected, run.progress.Rejected, c.In+".rejects")
	}
	return nil
}

func (c *ImportCmd) check() error {
	if c.Format == "" {
		switch strings.ToLower(filepath.Ext(c.In)) {
		case ".csv":
			c.Format = "csv"
		case ".ndjson", ".jsonl":
			c.Format = "ndjson"
		default:
			return fmt.Errorf("%w: --format is needed: the name %s does not tell", errUsage, filepath.Base(c.In))
		}
	}
	switch {
	case c.Batch < 1 || c.Batch > 10_000:
		return fmt.Errorf("%w: --batch must be 1 to 10000", errUsage)
	case !live.ValidID(c.Source):
		return fmt.Errorf("%w: --source must be an identifier", errUsage)
	case c.DryRun:
		return nil
	case c.URL == "":
		return fmt.Errorf("%w: --url is needed", errUsage)
	case c.Token == "" && (c.Data == "" || c.Merchant == ""):
		return fmt.Errorf("%w: --token, or --data and --merchant, are needed to sign in", errUsage)
	}
	return nil
}

// sign gives the token of the requests.
func (c *ImportCmd) sign() (string, error) {
	if c.Token != "" {
		return c.Token, nil
	}
	keys, err := openAuth(c.Data, clock)
	if err != nil {
		return "", err
	}
	token, err := keys.Issue(live.Principal{Subject: c.Source, Role: live.RoleIntegration, Merchant: live.MerchantID(c.Merchant)}, 24*time.Hour)
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	return token, nil
}

// lines opens the reader of the file's format, going on at a place of it.
func (c *ImportCmd) lines(f *os.File, size, offset, lines int64) (importReader, error) {
	if c.Format == "csv" {
		return newCSVLines(f, size, offset, lines)
	}
	return newJSONLines(f, size, offset, lines), nil
}

// importRun is one import under way.
type importRun struct {
	cmd      *ImportCmd
	api      *simAPI
	token    string
	size     int64
	progress importProgress
	rejects  *rejectFile
	meter    *meter

	batch []importItem
	bytes int
}

// importItem is one fact on its way, with the line it came from.
type importItem struct {
	line int64
	raw  json.RawMessage
}

// all reads the file to its end, batch by batch.
func (r *importRun) all(ctx context.Context, lines importReader) error {
	convert := converterOf(r.cmd)
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("interrupted at line %d: %w", r.progress.Lines, err)
		}
		record, err := lines.next()
		if errors.Is(err, io.EOF) {
			// What a converter still holds belongs to the end of the file.
			items, err := convert.finish()
			if err := r.take(items, err, lines); err != nil {
				return err
			}
			return r.flush(ctx, lines.offset(), lines.lines())
		}
		if err != nil && record.bad == "" {
			return fmt.Errorf("read %s: %w", r.cmd.In, err)
		}
		if record.bad != "" {
			if err := r.reject(record.line, "malformed", record.bad); err != nil {
				return err
			}
			continue
		}
		items, err := convert.add(record)
		if err := r.take(items, err, lines); err != nil {
			return err
		}
		if len(r.batch) >= r.cmd.Batch || r.bytes >= importBytes {
			if offset, line, clean := convert.settled(lines.offset(), lines.lines()); clean {
				if err := r.flush(ctx, offset, line); err != nil {
					return err
				}
			}
		}
	}
}

// take puts what a line said into the batch, or rejects the line.
func (r *importRun) take(items []importItem, err error, lines importReader) error {
	bad, is := errors.AsType[*badLine](err)
	switch {
	case is:
		if err := r.reject(bad.line, "invalid", bad.reason); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("line %d: %w", lines.lines(), err)
	}
	for _, i := range items {
		if err := importCheck(r.cmd.Kind, i.raw); err != nil {
			code, reason := importRefusal(err)
			if err := r.reject(i.line, code, reason); err != nil {
				return err
			}
			continue
		}
		r.batch = append(r.batch, i)
		r.bytes += len(i.raw) + 1
	}
	return nil
}

func (r *importRun) reject(line int64, code, reason string) error {
	r.progress.Rejected++
	return r.rejects.write(line, code, reason)
}

// flush sends the batch and makes the place up to which all is done durable.
func (r *importRun) flush(ctx context.Context, offset, line int64) error {
	for len(r.batch) > 0 {
		n := min(len(r.batch), 10_000)
		if err := r.send(ctx, r.batch[:n]); err != nil {
			return err
		}
		r.batch = r.batch[n:]
	}
	r.batch, r.bytes = r.batch[:0], 0
	r.progress.Offset, r.progress.Lines = offset, line
	r.meter.at(offset, r.progress.Accepted+r.progress.Duplicates)
	var err error
	if r.progress.RejectsBytes, err = r.rejects.sync(); err != nil || r.cmd.DryRun {
		return err
	}
	return r.progress.save(r.cmd.In + ".progress")
}

// importAnswer is what both doors answer.
type importAnswer struct {
	Accepted   int64 `json:"accepted"`
	Duplicates int64 `json:"duplicates"`
	Errors     []struct {
		Index               int
		Code, Field, Detail string
	} `json:"errors"`
	Results []struct {
		Index int
		Error *struct{ Code, Field, Detail string }
	} `json:"results"`
}

func (r *importRun) send(ctx context.Context, items []importItem) error {
	if r.cmd.DryRun {
		r.progress.Accepted += int64(len(items))
		return nil
	}
	body := []byte{'['}
	for i, item := range items {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, item.raw...)
	}
	path := "/v1/events?import=true"
	if r.cmd.Kind == "orders" {
		query := url.Values{"source": {r.cmd.Source}}
		if r.cmd.Merchant != "" {
			query.Set("merchant_id", r.cmd.Merchant)
		}
		path = "/v1/orders/import?" + query.Encode()
	}
	var a importAnswer
	if err := r.api.do(ctx, simCall{Method: http.MethodPost, Path: path, Token: r.token, Body: append(body, ']')}, &a); err != nil {
		return err
	}
	r.progress.Accepted += a.Accepted
	r.progress.Duplicates += a.Duplicates
	for _, e := range a.Errors {
		if err := r.reject(items[e.Index].line, e.Code, strings.TrimSpace(e.Field+" "+e.Detail)); err != nil {
			return err
		}
	}
	for _, e := range a.Results {
		if e.Error == nil {
			continue
		}
		if err := r.reject(items[e.Index].line, e.Error.Code, strings.TrimSpace(e.Error.Field+" "+e.Error.Detail)); err != nil {
			return err
		}
	}
	return nil
}

// importRefusal is the stable code of a refusal and what it says.
func importRefusal(err error) (code, reason string) {
	if e, ok := errors.AsType[*live.Error](err); ok {
		return e.Code, strings.TrimSpace(e.Field + " " + e.Message)
	}
	return "invalid", err.Error()
}
