package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"sync"

	"github.com/octothorpe/octothorpe/ari"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8088/ari", "`URL` of ARI")
	user := flag.String("user", "me", "`name` of a user of ari.conf; the password is in ARI_PASSWORD")
	media := flag.String("media", "127.0.0.1", "our IP `address`, to which the exchange sends sound")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client, err := ari.Connect(ctx, ari.Config{URL: *url, Username: *user, Password: os.Getenv("ARI_PASSWORD"), Apps: []string{"voiceagent"}, Logger: slog.Default()})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	s := &switchboard{client, *media}
	if err := client.Serve(ctx, s.answer); err != nil && ctx.Err() == nil {
		log.Print(err)
	}
}

type switchboard struct {
	client *ari.Client
	media  string
}

// answer is a call: the caller and the agent in a bridge, until the caller hangs up.
func (s *switchboard) answer(ctx context.Context, caller *ari.ChannelHandle, _ *ari.StasisStart) error {
	if err := caller.Answer(ctx); err != nil {
		return err
	}
	conn, err := net.ListenPacket("udp", net.JoinHostPort(s.media, "0"))
	if err != nil {
		return err
	}
	defer conn.Close()
	line, err := s.client.ExternalMedia(ctx, "ulaw", &ari.ChannelExternalMediaOptions{ExternalHost: conn.LocalAddr().String()})
	if err != nil {
		return err
	}
	defer line.Close()
	after := context.WithoutCancel(ctx) // what is left of the call ends when the caller has hung up, too
	defer func() { _ = line.Hangup(after, nil) }()
	bridge, err := s.client.NewBridge(ctx, &ari.BridgeCreateOptions{Type: "mixing"})
	if err != nil {
		return err
	}
	defer bridge.Close()
	defer func() { _ = bridge.Destroy(after) }()
	if _, err := line.WaitStart(ctx); err != nil {
		return err
	}
	if err := bridge.AddChannel(ctx, []string{caller.ID, line.ID}, nil); err != nil {
		return err
	}
	to, err := addressOf(ctx, line)
	if err != nil {
		return err
	}
	agent := newAgent()
	var running sync.WaitGroup
	defer running.Wait()
	defer conn.Close() // ends listen
	running.Go(func() { listen(conn, agent) })
	speak(ctx, conn, to, agent)
	slog.Info("the call has ended", "caller", caller.Data().Name, "heard", agent.heard())
	return nil
}

// addressOf is where the exchange wants to have the sound for a channel of external media.
func addressOf(ctx context.Context, line *ari.ChannelHandle) (*net.UDPAddr, error) {
	ip, err := line.GetChannelVar(ctx, "UNICASTRTP_LOCAL_ADDRESS")
	if err != nil {
		return nil, err
	}
	port, err := line.GetChannelVar(ctx, "UNICASTRTP_LOCAL_PORT")
	if err != nil {
		return nil, err
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(ip.Value, port.Value))
	return net.UDPAddrFromAddrPort(at), err
}
