package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// bucketName is where controllers of one network meet.
const bucketName = "octothorpe-sdn"

// Place says where the controllers meet.
type Place struct {
	ID string // of this controller, unlike any other's
	// URL is the user's own cluster, nats://host:4222; empty: one of the controllers'.
	URL string
	// Listen is host and port of this node of the controllers' own cluster, Peers those of
	// the others. Three are needed for one to be lost.
	Listen string
	Peers  []string
	Secret string // that all nodes know
	Log    *slog.Logger
}

// where is what the log may say of the place: an address may have a password in it.
func (p Place) where() string {
	if u, err := url.Parse(p.URL); p.URL != "" && err == nil {
		return u.Redacted()
	}
	return p.Listen
}

// A Meeting is a connection to where the controllers meet.
type Meeting struct {
	Bucket   jetstream.KeyValue
	conn     *nats.Conn
	node     *server.Server
	folder   *folder // of the node
	password string

	mu    sync.Mutex // leaf
	since time.Time  // zero: it is not connected
}

// unmet is after how long the log says that nobody is met, and how often again.
const (
	unmet      = 3 * time.Second
	stillUnmet = 30 * time.Second
)

// Meet connects, and waits until there is a quorum or the context ends. When that takes
// long the log says so.
func Meet(ctx context.Context, p Place) (m *Meeting, err error) {
	m = &Meeting{}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	options := []nats.Option{nats.Name("octothorpe sdn " + p.ID), nats.MaxReconnects(-1), nats.ReconnectWait(100 * time.Millisecond), nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2),
		nats.Timeout(time.Second), nats.RetryOnFailedConnect(true), nats.ConnectHandler(func(*nats.Conn) { m.connected(true) }),
		nats.ReconnectHandler(func(*nats.Conn) { m.connected(true) }), nats.DisconnectErrHandler(func(*nats.Conn, error) { m.connected(false) })}
	replicas := 3
	if p.URL == "" {
		if err := m.embed(p); err != nil {
			return m, err
		}
		options = append(options, nats.InProcessServer(m.node), nats.UserInfo("octothorpe", m.password))
		replicas = min(1+len(p.Peers), 3)
	}
	if m.conn, err = nats.Connect(p.URL, options...); err != nil {
		return m, fmt.Errorf("NATS: %w", err)
	}
	stream, err := jetstream.New(m.conn)
	if err != nil {
		return m, fmt.Errorf("NATS: %w", err)
	}
	for say := time.Now().Add(unmet); ; {
		trying, cancel := context.WithTimeout(ctx, 2*time.Second)
		m.Bucket, err = open(trying, stream, replicas, p.URL != "")
		cancel()
		if err == nil {
			return m, nil
		}
		if now := time.Now(); now.After(say) && ctx.Err() == nil {
			p.Log.Warn("this controller drives nothing until it meets the others in NATS", "at", p.where(), "error", err)
			say = now.Add(stillUnmet)
		}
		t := time.NewTimer(200 * time.Millisecond) // between two questions
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return m, fmt.Errorf("NATS has no quorum: %w", errors.Join(err, context.Cause(ctx)))
		}
	}
}

// open finds the bucket or makes it; a user's server that is alone keeps one copy.
func open(ctx context.Context, stream jetstream.JetStream, replicas int, alone bool) (jetstream.KeyValue, error) {
	c := jetstream.KeyValueConfig{Bucket: bucketName, Description: "which controller drives which switches", Storage: jetstream.MemoryStorage, Replicas: replicas,
		RePublish: &jetstream.RePublish{Source: "$KV." + bucketName + ".>", Destination: told + ".>"}}
	bucket, err := stream.KeyValue(ctx, bucketName)
	if !errors.Is(err, jetstream.ErrBucketNotFound) {
		if err != nil {
			return nil, err
		}
		return tells(ctx, stream, bucket, c.RePublish)
	}
	if bucket, err = stream.CreateKeyValue(ctx, c); err != nil && alone {
		c.Replicas = 1
		if one, err := stream.CreateKeyValue(ctx, c); err == nil {
			return one, nil
		}
	}
	return bucket, err
}

// tells has a bucket that is there tell what is written; one that a controller made
// which knew nothing of that does not.
func tells(ctx context.Context, stream jetstream.JetStream, bucket jetstream.KeyValue, how *jetstream.RePublish) (jetstream.KeyValue, error) {
	s, err := bucket.Status(ctx)
	if err != nil {
		return nil, err
	}
	c := s.Config()
	if c.RePublish != nil && c.RePublish.Destination == how.Destination {
		return bucket, nil
	}
	c.RePublish = how
	return stream.UpdateKeyValue(ctx, c)
}

// embed starts a node of the controllers' own cluster.
func (m *Meeting) embed(p Place) error {
	host, port, err := net.SplitHostPort(p.Listen)
	if err != nil {
		return fmt.Errorf("NATS: %q is no host and port: %w", p.Listen, err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("NATS: %q is no port", port)
	}
	if number == 0 {
		number = server.RANDOM_PORT
	}
	if ip := net.ParseIP(host); p.Secret == "" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("NATS: nodes that others may reach need a secret (OCTOTHORPE_SDN_CLUSTER_SECRET)")
	}
	if m.folder, err = newFolder(); err != nil {
		return err
	}
	o := &server.Options{ServerName: p.ID, Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: "octothorpe", Password: rand.Text(), JetStream: true, StoreDir: m.folder.path, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 64 << 20, NoSigs: true, NoLog: true}
	m.password = o.Password // a node with routes listens for clients, too: for us alone
	o.Cluster = server.ClusterOpts{Name: "octothorpe-sdn", Host: host, Port: number, Username: "octothorpe", Password: p.Secret, PoolSize: -1}
	for _, peer := range p.Peers {
		o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", Host: peer, User: url.UserPassword("octothorpe", p.Secret)})
	}
	if len(p.Peers) == 0 {
		o.Cluster = server.ClusterOpts{} // alone: no quorum is needed
	}
	hurry()
	if m.node, err = server.NewServer(o); err != nil {
		return fmt.Errorf("NATS: %w", err)
	}
	go m.node.Start() // ended by Close
	if !m.node.ReadyForConnections(10 * time.Second) {
		return errors.New("NATS: the node does not start")
	}
	return nil
}

func (m *Meeting) connected(is bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since = (time.Time{}); is {
		m.since = time.Now()
	}
}

// Connected says whether NATS answers, and since when.
func (m *Meeting) Connected() (since time.Time, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.since, !m.since.IsZero()
}

// Close leaves.
func (m *Meeting) Close() {
	if m.conn != nil {
		m.conn.Close()
	}
	if m.node != nil {
		m.node.Shutdown()
		m.node.WaitForShutdown()
	}
	if m.folder != nil {
		_ = m.folder.remove() // another start tries again
	}
}
