package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"showrunner/live"
	"showrunner/live/bus"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// NodesCmd looks after the servers that share a log. Each keeps its place there
// under readers of its own, and what a reader has not read is kept: those of a
// server that never comes back hold the log for ever until they are dropped.
type NodesCmd struct {
	List NodesListCmd `cmd:"" help:"The servers that live, and how far the readers of each have come."`
	Drop NodesDropCmd `cmd:"" help:"Forget the readers of a server that was removed for good."`
}

// nodesTarget is where the log is.
type nodesTarget struct {
	NATS string `name:"nats" required:"" placeholder:"URL" help:"The NATS that the servers share, nats://…"`
}

// NodesListCmd lists.
type NodesListCmd struct {
	nodesTarget
	Format string `default:"text" enum:"text,json" help:"text or json."`
}

// NodesDropCmd drops.
type NodesDropCmd struct {
	nodesTarget
	Node     string        `arg:"" help:"Name of the server that was removed."`
	Database string        `required:"" placeholder:"URL" help:"The PostgreSQL that the servers share; it keeps the record of who dropped what."`
	By       string        `help:"Who does it, for the record; the user of this system when left out."`
	Yes      bool          `help:"Do not ask."`
	Quiet    time.Duration `default:"30s" help:"How long none of its readers may have been used, 6s to 1h."`

	in io.Reader // answers; nil is standard input
}

// States of a reader's server.
const (
	nodeAlive  = "alive"  // it was heard
	nodeGone   = "gone"   // it was not
	nodeShared = "shared" // the reader is of all servers, one at a time
	nodeAlone  = "alone"  // of a server without a name, which nobody hears
)

// nodeReader is a reader of the log and whose it is.
type nodeReader struct {
	Node   string    `json:"node"`
	State  string    `json:"state"`
	Reader string    `json:"reader"`
	Behind uint64    `json:"behind_messages"`
	Used   time.Time `json:"used_at"`

	standing eventlog.Standing
}

// ownReaders are the readers that every server has for itself, or had.
var ownReaders = []string{readerRealtime, readerIngest, readerFollowers}

// nodeOf tells whose reader a name is; shared is that of all.
func nodeOf(reader string) (node string, shared bool) {
	for _, own := range ownReaders {
		if reader == own && own != readerFollowers {
			return "", false
		}
		if node, ok := strings.CutPrefix(reader, own+"-"); ok {
			return node, false
		}
	}
	return "", true
}

// open joins the log, which must be there.
func (t *nodesTarget) open(ctx context.Context) (*eventlog.Log, error) {
	l, err := eventlog.Open(ctx, eventlog.Config{URL: t.NATS, Existing: true, Now: clock})
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return l, nil
}

// look listens to the servers, then reads how far all readers have come; a
// server without readers that lives is in there without one.
func (t *nodesTarget) look(ctx context.Context, l *eventlog.Log) ([]nodeReader, error) {
	alive, err := bus.Alive(ctx, t.NATS, "")
	if err != nil {
		return nil, err
	}
	readers, err := l.Readers(ctx)
	if err != nil {
		return nil, err
	}
	var out []nodeReader
	for _, s := range readers {
		r := nodeReader{State: nodeGone, Reader: s.Name, Behind: s.Behind, Used: s.Used, standing: s}
		var shared bool
		switch r.Node, shared = nodeOf(s.Name); {
		case shared:
			r.State = nodeShared
		case r.Node == "":
			r.State = nodeAlone
		case slices.Contains(alive, r.Node):
			r.State = nodeAlive
		}
		out = append(out, r)
	}
	for _, node := range alive {
		if !slices.ContainsFunc(out, func(r nodeReader) bool { return r.Node == node }) {
			out = append(out, nodeReader{Node: node, State: nodeAlive})
		}
	}
	slices.SortFunc(out, func(a, b nodeReader) int {
		if c := strings.Compare(a.Node, b.Node); c != 0 {
			return c
		}
		return strings.Compare(a.Reader, b.Reader)
	})
	return out, nil
}

// Execute lists.
func (c *NodesListCmd) Execute(ctx context.Context, stdout, _ io.Writer) (err error) {
	l, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	all, err := c.look(ctx, l)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		return writeFigures(stdout, all)
	}
	return writeNodes(stdout, all)
}

func writeNodes(w io.Writer, all []nodeReader) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var errs []error
	line := func(cells ...any) {
		_, err := fmt.Fprintf(t, "%v\t%v\t%v\t%v\t%v\n", cells...)
		errs = append(errs, err)
	}
	line("NODE", "STATE", "READER", "BEHIND", "USED")
	now := clock()
	for _, r := range all {
		used := "-"
		if !r.Used.IsZero() {
			used = now.Sub(r.Used).Round(time.Second).String() + " ago"
		}
		line(orDash(r.Node), r.State, orDash(r.Reader), r.Behind, used)
	}
	if err := errors.Join(append(errs, t.Flush())...); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Execute drops the readers of one server after it has made sure that nobody
// has them, and has asked.
func (c *NodesDropCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if !nodeName.MatchString(c.Node) {
		return fmt.Errorf("%w: %q is no name of a server", errUsage, c.Node)
	}
	if c.Quiet < 6*time.Second || c.Quiet > time.Hour {
		return fmt.Errorf("%w: --quiet must be 6s to 1h", errUsage)
	}
	if c.By == "" {
		me, err := user.Current()
		if err != nil {
			return fmt.Errorf("%w: --by is needed: %w", errUsage, err)
		}
		c.By = me.Username
	}
	l, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	all, err := c.look(ctx, l)
	if err != nil {
		return err
	}
	readers, err := c.droppable(all, clock())
	if err != nil {
		return err
	}
	if err := writeNodes(stderr, readers); err != nil {
		return err
	}
	if err := c.confirm(stderr); err != nil {
		return err
	}
	if err := c.drop(ctx, l, readers); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "the readers of %s are dropped; what was kept for them leaves the log with its next trimming\n", c.Node)
	return err
}

// droppable are the readers of the server, unless it may still live.
func (c *NodesDropCmd) droppable(all []nodeReader, now time.Time) (out []nodeReader, err error) {
	for _, r := range all {
		if r.Node != c.Node {
			continue
		}
		if r.State == nodeAlive {
			return nil, fmt.Errorf("%s lives: it was heard just now; stop it first", c.Node)
		}
		if age := now.Sub(r.Used); age < c.Quiet {
			return nil, fmt.Errorf("%s may live: its reader %s was used %s ago; wait until that is %s", c.Node, r.Reader, age.Round(time.Second), c.Quiet)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no reader of a server %s", c.Node)
	}
	return out, nil
}

// confirm asks for the name, so that nothing is dropped by a stray Enter.
func (c *NodesDropCmd) confirm(stderr io.Writer) error {
	if c.Yes {
		return nil
	}
	if _, err := fmt.Fprintf(stderr, "If %s ever comes back it begins with the oldest that the log has then.\nType its name to drop its readers: ", c.Node); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	in := c.in
	if in == nil {
		in = os.Stdin
	}
	typed, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(typed) != c.Node {
		return errors.New("nothing was dropped: that is not the name")
	}
	return nil
}

// auditDrop is the action in the record.
const auditDrop = "node.drop"

// drop writes down what is about to be done, does it, and writes down if it
// could not be: what is gone is on record whatever becomes of this program.
func (c *NodesDropCmd) drop(ctx context.Context, l *eventlog.Log, readers []nodeReader) (err error) {
	books, err := store.Open(ctx, store.Config{URL: c.Database, Now: clock})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	detail, err := json.Marshal(map[string]any{"node": c.Node, "readers": readers})
	if err != nil {
		return fmt.Errorf("write the record: %w", err)
	}
	row := store.AuditRow{Actor: live.Actor{ID: c.By, Role: live.RoleAdmin}, Action: auditDrop, Detail: string(detail)}
	if err := books.AddAudit(ctx, row); err != nil {
		return fmt.Errorf("write the record: %w", err)
	}
	for _, r := range readers {
		if err := l.DropStanding(ctx, r.standing); err != nil {
			row.Code = "not_dropped"
			if refusal, ok := errors.AsType[*live.Error](err); ok {
				row.Code = refusal.Code
			}
			row.Detail = fmt.Sprintf(`{"node":%q,"reader":%q}`, c.Node, r.Reader)
			return errors.Join(err, books.AddAudit(context.WithoutCancel(ctx), row))
		}
	}
	return nil
}
