package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"showrunner/analytics/clickhouse"
	"showrunner/conversion"
	"showrunner/gateway"
	"showrunner/gateway/ws"
)

// ServeCmd is the server with its configuration.
type ServeCmd struct {
	Addr   string          `default:"127.0.0.1:8080" help:"Address to listen on; port 0 picks one."`
	Data   string          `default:"./data" type:"path" help:"Folder of keys, database, log and embedded engines."`
	Config kong.ConfigFlag `help:"JSON file with the flags' names as keys."`
	Check  bool            `help:"Validate the configuration, report every fault, and exit."`

	ClickHouse        string `name:"clickhouse" placeholder:"URL" help:"External ClickHouse: clickhouse://USER:PASSWORD@HOST:PORT/DB or http(s)://…; embedded without it."`
	ClickHouseCluster string `name:"clickhouse-cluster" placeholder:"NAME" help:"Cluster of the external ClickHouse, by its name in remote_servers, over whose shards the merchants are spread; one server without it."`
	ClickHouseCopies  string `name:"clickhouse-copies" placeholder:"DIR" help:"Folder that every server of the external ClickHouse may copy to (backups.allowed_path) and this server reads, by the same full path; showrunner backup needs it."`

	NATS     string `name:"nats" placeholder:"URL" help:"External NATS with JetStream: nats://…; embedded without it."`
	Database string `placeholder:"URL" help:"PostgreSQL, which several servers may share: postgres://USER:PASSWORD@HOST:PORT/DB; SQLite under --data without it."`

	Node string `placeholder:"NAME" help:"Name of this server among those that share a log and a database; none on its own."`
	Keys string `type:"path" help:"Folder of the signing keys, which servers behind one address share; DATA/keys without it."`
	Sink string `default:"on" enum:"on,off" help:"Whether this server may write to ClickHouse; of those that share a log one at a time does, and one must be able to."`

	Replicas       int           `default:"0" help:"Replicas of the log on an external NATS cluster: 1, 3 or 5; 0 keeps those it has, 1 for a new one."`
	LogWindow      time.Duration `default:"2ms" help:"How long the log gathers events for one durable write, 0 to 100ms."`
	LogMaxAge      time.Duration `default:"168h" help:"Age after which events that every reader has read leave the log; 0 keeps all."`
	LogKeepBytes   int64         `default:"0" help:"Bytes of log to keep, oldest read events leave first; 0 is no bound."`
	OrderTTL       time.Duration `default:"15m" help:"How long an unpaid order holds its stock, 1s to 24h."`
	OfferTTL       time.Duration `default:"5m" help:"How long units that came free are held for the next of a waitlist, 1s to 24h."`
	SinkAge        time.Duration `default:"1s" help:"Longest wait before events are written to ClickHouse, 10ms to 1m."`
	SinkRows       int           `default:"50000" help:"Rows that make a ClickHouse batch full, 1 to 500000."`
	AlertEvery     time.Duration `default:"10s" help:"How often shows on air are looked at for alerts."`
	AuditEvery     time.Duration `default:"10m" help:"How often every rollup of ClickHouse is compared with its facts, or less often where that takes long; 0 is never."`
	BehaviourDays  int           `default:"400" help:"Days after which raw behaviour, such as heartbeats, likes and clicks, leaves ClickHouse, 90 to 36500; 0 keeps all. Money, commands, words and moderation stay in any case."`
	CountAheadDays int           `default:"90" help:"Days after which figures of a show that is over are no longer counted before anybody asks for them, 1 to 400; 0 counts none."`
	EngineMemory   int64         `default:"2147483648" help:"Memory bound of the embedded ClickHouse in bytes, at least 512 MiB."`
	QueryTime      time.Duration `default:"25s" help:"Longest time one question to ClickHouse may take for a caller of the API, 1s to 10m."`
	QueryMemory    int64         `default:"1073741824" help:"Most memory in bytes that one question to ClickHouse may take, at least 16 MiB."`
	QueryRows      int64         `default:"2000000000" help:"Most rows that one question to ClickHouse may read, at least 1000; 0 is no bound."`
	EngineLibrary  string        `type:"path" help:"Path of libchdb; found under node_modules without it."`
	Chromium       string        `type:"path" help:"Path of a Chromium, which reports are printed as PDF with; found on the PATH without it."`

	AllowOrigin  []string `placeholder:"ORIGIN" help:"Further origins whose pages may open websockets, such as https://console.example.com."`
	TrustedProxy []string `placeholder:"CIDR" help:"Network of reverse proxies before this server, such as 10.0.0.0/8, whose X-Forwarded-For says where a client is; repeat it. Without it the header is not read."`
	RateLimits   string   `default:"on" enum:"on,off" help:"Per-caller rate limits; off is for load tests."`
	ViewerPath   string   `default:"auto" enum:"auto,epoll,portable" help:"How viewers' sockets are carried: thousands by one goroutine (epoll, Linux), or each by two (portable); auto takes epoll where there is one."`
	Compression  string   `default:"on" enum:"on,off" help:"Whether large frames of a room are compressed, once for all viewers who take that (epoll only)."`
	LogLevel     string   `default:"info" enum:"debug,info,warn,error" help:"Least level that is logged."`

	Bots         string         `default:"on" enum:"on,off" help:"Whether viewers who behave like programs are flagged and left out of published figures; see docs/bots.md."`
	BotThreshold int            `default:"100" help:"Score at which a viewer is flagged as a bot, 1 to 1000."`
	BotClear     int            `default:"40" help:"Score below which they are let back in, at most the threshold."`
	BotForgive   int            `default:"20" help:"Minutes of ordinary activity after which a rule that fired weighs nothing any more, 1 to 1440."`
	BotWeight    map[string]int `placeholder:"RULE=POINTS" help:"Weight of a rule, 0 switches it off; repeat it. The others keep theirs."`

	InsecureWebhooks bool `help:"Let webhooks and re-queries go to loopback and private addresses, and webhooks over plain HTTP to loopback; for development."`

	Mapping map[string]string `placeholder:"NAME=FILE" help:"Mappings of shop platforms that integrations may name, each in a JSON file; see docs/connectors.md."`

	DemoShop string `default:"off" enum:"off,on,public" help:"Whether this server plays the shop and the payment provider, for trying the product: no money moves. on is refused where others than this machine can reach it; public is for that too."`

	PublicURL string            `placeholder:"URL" help:"Where browsers reach this server, such as https://live.example.com; needed with --login."`
	Login     map[string]string `placeholder:"MERCHANT=FILE" help:"Identity providers by which people of a merchant log in, each declared in a JSON file; see docs/login.md."`

	CreditModel  string        `default:"linear" enum:"first,last,last_non_direct,linear,position,time_decay" help:"How orders are attributed as they are paid: first, last, last_non_direct, linear, position or time_decay."`
	CreditWindow time.Duration `default:"168h" help:"How far back from the payment a touch counts then, 1m to 2160h."`

	TouchRules string `type:"path" placeholder:"FILE" help:"JSON file that says which facts are touches, and of which stage and channel; see docs/attribution.md. Built in without it."`

	// listening, if set, is told the address once the server is open.
	listening func(url string)
	// now is the clock; nil is the machine's.
	now func() time.Time
}

// nodeName is what may stand in the names of the log's readers.
var nodeName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// validate reports every fault of the configuration at once.
func (c *ServeCmd) validate() error {
	var faults []error
	bad := func(flag, format string, args ...any) {
		faults = append(faults, fmt.Errorf("--%s: %w", flag, fmt.Errorf(format, args...)))
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad("addr", "%q is not HOST:PORT", c.Addr)
	}
	if c.Data == "" {
		bad("data", "is required")
	}
	checkURL := func(flag, raw string, schemes ...string) {
		if raw == "" {
			return
		}
		// The URL holds a password: only its faults are told, never the text.
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
			bad(flag, "must be a URL with one of the schemes %v", schemes)
		}
	}
	checkURL("clickhouse", c.ClickHouse, "clickhouse", "tcp", "http", "https")
	if c.ClickHouseCluster != "" && c.ClickHouse == "" {
		bad("clickhouse-cluster", "needs --clickhouse, the address of one of its servers")
	}
	if c.ClickHouseCopies != "" && (c.ClickHouse == "" || !filepath.IsAbs(c.ClickHouseCopies)) {
		bad("clickhouse-copies", "must be a full path, and is for --clickhouse; the embedded one has a folder of its own")
	}
	if c.ClickHouseCluster != "" && !clickhouse.ClusterName(c.ClickHouseCluster) {
		bad("clickhouse-cluster", "%q must be 1 to 64 characters of A-Z a-z 0-9 _ -", c.ClickHouseCluster)
	}
	checkURL("nats", c.NATS, "nats", "tls", "ws", "wss")
	if u, err := url.Parse(c.Database); c.Database != "" && (err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql") {
		// A host may be missing: ?host= names the folder of a socket.
		bad("database", "must be a URL with one of the schemes [postgres postgresql]")
	}
	if c.Node != "" && !nodeName.MatchString(c.Node) {
		bad("node", "%q must be 1 to 32 characters of A-Z a-z 0-9 _ -", c.Node)
	}
	if c.Node != "" && (c.NATS == "" || c.Database == "") {
		bad("node", "servers that share a room share --nats and --database")
	}
	if c.Sink == "off" && (c.Node == "" || c.ClickHouse == "") {
		bad("sink", "off needs --node, and --clickhouse where another server writes")
	}
	if c.Node != "" && c.ClickHouse == "" {
		bad("node", "servers that share a room share --clickhouse")
	}
	if !slices.Contains([]int{0, 1, 3, 5}, c.Replicas) {
		bad("replicas", "must be 0, 1, 3 or 5")
	}
	if c.Replicas > 1 && c.NATS == "" {
		bad("replicas", "more than one needs --nats")
	}
	within := func(flag string, d, least, most time.Duration) {
		if d < least || d > most {
			bad(flag, "must be %s to %s", least, most)
		}
	}
	within("log-window", c.LogWindow, 0, 100*time.Millisecond)
	within("order-ttl", c.OrderTTL, time.Second, 24*time.Hour)
	within("offer-ttl", c.OfferTTL, time.Second, 24*time.Hour)
	within("sink-age", c.SinkAge, 10*time.Millisecond, time.Minute)
	if c.AlertEvery != 0 {
		within("alert-every", c.AlertEvery, 100*time.Millisecond, 10*time.Minute)
	}
	if c.AuditEvery != 0 {
		within("audit-every", c.AuditEvery, 10*time.Second, 24*time.Hour)
	}
	within("credit-window", c.CreditWindow, leastCreditWindow, mostCreditWindow)
	if c.LogMaxAge < 0 {
		bad("log-max-age", "must not be negative")
	}
	if c.LogKeepBytes < 0 {
		bad("log-keep-bytes", "must not be negative")
	}
	if c.SinkRows < 1 || c.SinkRows > 500_000 {
		bad("sink-rows", "must be 1 to 500000")
	}
	within("query-time", c.QueryTime, time.Second, 10*time.Minute)
	if c.QueryMemory < 16<<20 {
		bad("query-memory", "must be at least %d", 16<<20)
	}
	if c.QueryRows != 0 && c.QueryRows < 1000 {
		bad("query-rows", "must be at least 1000, or 0")
	}
	if c.BehaviourDays != 0 && (c.BehaviourDays < 90 || c.BehaviourDays > 36500) {
		bad("behaviour-days", "must be 0, or 90 to 36500")
	}
	if c.CountAheadDays < 0 || c.CountAheadDays > 400 {
		bad("count-ahead-days", "must be 0 to 400")
	}
	if c.EngineMemory < 512<<20 {
		bad("engine-memory", "must be at least %d", 512<<20)
	}
	if !ws.Path(c.ViewerPath).Available() {
		bad("viewer-path", "%q is not one that this system has", c.ViewerPath)
	}
	for _, o := range c.AllowOrigin {
		if u, err := url.Parse(o); err != nil || u.Host == "" || u.Path != "" || u.Scheme != "http" && u.Scheme != "https" {
			bad("allow-origin", "%q is not an origin such as https://console.example.com", o)
		}
	}
	if err := c.checkDemoShop(); err != nil {
		bad("demo-shop", "%w", err)
	}
	if _, err := c.proxies(); err != nil {
		faults = append(faults, err)
	}
	if _, err := c.touchRules(); err != nil {
		bad("touch-rules", "%w", err)
	}
	if err := c.checkBots(); err != nil {
		faults = append(faults, err)
	}
	if err := c.checkLogins(); err != nil {
		faults = append(faults, err)
	}
	_, wrong := readMappings(c.Mapping)
	return errors.Join(append(faults, wrong...)...)
}

// limits are what a question to ClickHouse may take.
func (c *ServeCmd) limits() map[clickhouse.Class]clickhouse.Limits {
	l := clickhouse.Limits{Time: c.QueryTime, Memory: c.QueryMemory, Rows: c.QueryRows}
	return map[clickhouse.Class]clickhouse.Limits{clickhouse.ClassShow: l, clickhouse.ClassMerchant: l}
}

// proxies are the networks of --trusted-proxy.
func (c *ServeCmd) proxies() (out []netip.Prefix, err error) {
	var faults []error
	for _, text := range c.TrustedProxy {
		p, err := gateway.ParseProxy(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("--trusted-proxy: %w", err))
			continue
		}
		out = append(out, p)
	}
	return out, errors.Join(faults...)
}

// touchRules are those of the flag, or those built in.
func (c *ServeCmd) touchRules() (_ *conversion.RuleSet, err error) {
	if c.TouchRules == "" {
		return conversion.DefaultRules(), nil
	}
	f, err := os.Open(c.TouchRules)
	if err != nil {
		return nil, fmt.Errorf("open the rules: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return conversion.ReadRules(f)
}

// level is the slog level of the flag.
func (c *ServeCmd) level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return l
}
