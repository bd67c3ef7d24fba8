package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// DefaultDatabase is used when the URL names none.
const DefaultDatabase = "showrunner"

// What a question or an insert may take unless it is told otherwise, and the time
// that one about everything may: nobody waits for it.
const (
	readSeconds  = 60
	wholeSeconds = 15 * 60
	readMemory   = 1 << 30
)

// Config says where ClickHouse is.
type Config struct {
	// URL has the scheme clickhouse, tcp (native protocol), http or https, the
	// account and the database: clickhouse://user:password@host:9000/showrunner.
	URL string
	// Cluster, if not empty, is the name of a cluster in the remote_servers of the
	// server that URL names; URL may name several, HOST:PORT,HOST:PORT, of which the
	// first that answers is asked. Merchants are spread over its shards by
	// cityHash64(merchant_id). Every server must be reached by the host and native
	// port that system.clusters has of it, with the account of URL. Shards of several
	// replicas have replicated tables, with {shard} and {replica} from the macros.
	Cluster string
	// Names, if set, tells who is who. Without it every name is a person.
	Names Names
	// Limits are what questions of a class may take, where that is not what
	// [DefaultLimits] says.
	Limits map[Class]Limits

	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// DB is a connection pool to one database. Its methods are safe for concurrent use.
type DB struct {
	cfg      Config
	database string
	options  *ch.Options
	conn     driver.Conn
	patient  driver.Conn // the same, for what may take as long as there is data
	native   *native     // of inserts, unless they go over HTTP
	near     bool        // the server is on this machine
	queries  *prometheus.HistogramVec
	refused  *prometheus.CounterVec

	shard   *shard // of a part of a cluster; nil: all there is
	finding sync.Mutex
	found   *cluster // nil until it was asked for
}

var databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// Open prepares the connections; none is made before the first use, so the
// server may be away. Call [DB.Migrate] before anything else.
func Open(_ context.Context, cfg Config) (*DB, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		return nil, errors.New("open clickhouse: Now is nil")
	}
	options, err := parse(cfg.URL)
	if err != nil {
		return nil, err
	}
	database := options.Auth.Database
	if cfg.Cluster != "" {
		// Asked for the servers alone: the database may not be there yet.
		options.Auth.Database = "default"
	}
	conn, patient, err := pools(options)
	if err != nil {
		return nil, err
	}
	db := &DB{
		cfg: cfg, database: database, options: options, conn: conn, patient: patient, near: near(options.Addr), native: &native{options: options, near: near(options.Addr)},
		queries: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "showrunner_clickhouse_query_seconds", Help: "Duration of questions to ClickHouse.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 10),
		}, []string{"question"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "showrunner_clickhouse_refused_total", Help: "Questions that took more than they may, or found ClickHouse busy, by what they were about and the code of the refusal.",
		}, []string{"about", "code"}),
	}
	for _, c := range []Class{ClassShow, ClassMerchant, ClassWhole} {
		db.refused.WithLabelValues(string(c), "query_too_large")
	}
	if cfg.Registerer != nil {
		for _, c := range []prometheus.Collector{db.queries, db.refused} {
			if err := cfg.Registerer.Register(c); err != nil {
				return nil, fmt.Errorf("open clickhouse: register metrics: %w", err)
			}
		}
	}
	return db, nil
}

// patience is how long an answer may be on its way that nobody waits for. The client
// counts from the question, whatever comes meanwhile, and ends a connection that is
// later, so it is longer than anything takes; ClickHouse has the limits.
const patience = 24 * time.Hour

// pools are the connections for questions that somebody waits for, and those for
// what may take long.
func pools(options *ch.Options) (conn, patient driver.Conn, err error) {
	if conn, err = ch.Open(options); err != nil {
		return nil, nil, fmt.Errorf("open clickhouse: %w", err)
	}
	long := *options
	long.ReadTimeout = patience
	if patient, err = ch.Open(&long); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open clickhouse: %w", err), conn.Close())
	}
	return conn, patient, nil
}

func parse(address string) (*ch.Options, error) {
	u, err := url.Parse(address)
	if err != nil {
		// The error of url.Parse repeats the address, password and all.
		return nil, errors.New("clickhouse URL cannot be read")
	}
	switch u.Scheme {
	case "clickhouse", "tcp", "http", "https":
	default:
		return nil, fmt.Errorf("clickhouse URL has the scheme %q, want clickhouse, tcp, http or https", u.Scheme)
	}
	if u.Host == "" {
		return nil, errors.New("clickhouse URL has no host")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/" + DefaultDatabase
	}
	options, err := ch.ParseDSN(u.String())
	if err != nil {
		return nil, errors.New("clickhouse URL cannot be used")
	}
	if !databaseName.MatchString(options.Auth.Database) {
		return nil, fmt.Errorf("clickhouse URL names the database %q, want letters, digits and _", options.Auth.Database)
	}
	options.DialTimeout = 5 * time.Second
	if options.Protocol == ch.Native {
		options.DialContext = dial(options.DialTimeout, options.TLS)
	}
	options.ReadTimeout = 2 * readSeconds * time.Second
	options.Compression = &ch.Compression{Method: ch.CompressionLZ4}
	options.FreeBufOnConnRelease = true // Else it stays as large as the largest batch there was.
	options.ClientInfo.Products = append(options.ClientInfo.Products, struct{ Name, Version string }{"showrunner", "1"})
	return options, nil
}

// Close ends the connections.
func (db *DB) Close() error {
	err := errors.Join(db.native.Close(), db.conn.Close(), db.patient.Close())
	db.finding.Lock()
	defer db.finding.Unlock()
	if db.found != nil {
		err = errors.Join(err, db.found.close())
		db.found = nil
	}
	if err != nil {
		return fmt.Errorf("close clickhouse: %w", err)
	}
	return nil
}

// replicated reports whether what is written goes to several servers.
func (db *DB) replicated() bool { return db.shard != nil && db.shard.replicated }

// Ready asks for an answer and for a migrated schema, on a cluster every shard.
func (db *DB) Ready(ctx context.Context) error {
	shards, err := db.shards(ctx)
	if err != nil {
		return err
	}
	for _, s := range shards {
		var n uint64
		if err := s.conn.QueryRow(ctx, "SELECT count() FROM schema_migrations").Scan(&n); err != nil {
			return s.away(ctx, fmt.Errorf("ask clickhouse: %w", err))
		}
	}
	return nil
}

// Count is how many rows the two tables of facts hold.
func (db *DB) Count(ctx context.Context) (events, deltas int64, err error) {
	if db.cfg.Cluster != "" {
		c, err := db.topology(ctx)
		if err != nil {
			return 0, 0, err
		}
		return c.front.Count(ctx)
	}
	err = db.rows(ctx, "count", nil,
		`SELECT toInt64((SELECT count() FROM events)), toInt64((SELECT count() FROM order_deltas))`,
		func(scan scanner) error { return scan(&events, &deltas) })
	return events, deltas, err
}

// scanner reads the columns of one row.
type scanner func(dest ...any) error

// rows asks a question with server-side parameters, read-only and within the
// limits of its class, and hands every row of the answer to each.
func (db *DB) rows(ctx context.Context, question string, parameters ch.Parameters, sql string, each func(scanner) error) error {
	return db.within(ctx, classOf(question), question, parameters, sql, each)
}

// within is [DB.rows] for a class that is known. What met a limit is a
// [live.Error]. On a cluster it goes to the shard of the merchant that it is about.
func (db *DB) within(ctx context.Context, class Class, question string, parameters ch.Parameters, sql string, each func(scanner) error) error {
	if db.cfg.Cluster != "" {
		if parameters["merchant"] == "" {
			return fmt.Errorf("ask clickhouse for %s: BUG: of no merchant, and there are several shards", question)
		}
		on, err := db.home(ctx, live.MerchantID(parameters["merchant"]))
		if err != nil {
			return err
		}
		return on.within(ctx, class, question, parameters, sql, each)
	}
	limits := db.limitsOf(class)
	err := db.ask(ctx, limits, class.settings(), question, parameters, sql, each)
	if no := refusal(err, class, limits); no != nil {
		if firstMet(ctx) {
			db.refused.WithLabelValues(string(class), no.Code).Inc()
			db.cfg.Logger.WarnContext(ctx, "a question met a limit", "question", question, "about", string(class), "error", err)
		}
		return no
	}
	return err
}

func (db *DB) ask(ctx context.Context, limits Limits, more ch.Settings, question string, parameters ch.Parameters, sql string, each func(scanner) error) (err error) {
	timer := prometheus.NewTimer(db.queries.WithLabelValues(question))
	defer timer.ObserveDuration()
	if err := db.sure(ctx); err != nil {
		return fmt.Errorf("ask clickhouse for %s: %w", question, err)
	}
	settings := limits.settings()
	maps.Copy(settings, more)
	if db.shard != nil && db.shard.number == 0 {
		settings["skip_unavailable_shards"] = 0 // What is left is no answer.
		settings["optimize_skip_unused_shards"] = 1
	}
	ctx = ch.Context(undated{ctx}, ch.WithParameters(parameters), ch.WithSettings(settings))
	conn := db.conn
	if limits.Time > readSeconds*time.Second {
		conn = db.patient
	}
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return db.away(ctx, fmt.Errorf("ask clickhouse for %s: %w", question, err))
	}
	defer func() {
		if cerr := rows.Close(); cerr != nil && err == nil {
			err = db.away(ctx, fmt.Errorf("ask clickhouse for %s: %w", question, cerr))
		}
	}()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return fmt.Errorf("read %s from clickhouse: %w", question, err)
		}
	}
	if err := rows.Err(); err != nil {
		return db.away(ctx, fmt.Errorf("read %s from clickhouse: %w", question, err))
	}
	return nil
}
