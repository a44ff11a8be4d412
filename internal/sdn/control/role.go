package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A Mastership says which switches this controller drives, where several are
// connected to them. It may be called concurrently.
type Mastership interface {
	// Term is what the controller may do with a switch now, with the generation for its
	// role requests (0: none is known); changed is closed when that is another.
	Term(dp *config.DP) (master bool, generation uint64, changed <-chan struct{})
	// Renew asks for a higher generation, since the switch has seen that of another.
	Renew(dp *config.DP)
}

// errDemoted ends the drive of a switch that another controller drives from now on.
var errDemoted = errors.New("another controller is the master")

// roleRetry is how long it takes until a switch that has refused a role is asked again.
const roleRetry = 500 * time.Millisecond

// staleRole is OFPRRFC_STALE: the switch knows a higher generation.
const staleRole = 0

// reshared says whether by the configuration that waits another lease than the one of
// demoted is the switch's: it has come into a stack, or left one.
func (d *datapath) reshared(demoted <-chan struct{}) bool {
	d.mu.Lock()
	next := d.next
	d.mu.Unlock()
	if d.c.o.Mastership == nil || next == nil {
		return false
	}
	master, _, changed := d.c.o.Mastership.Term(next)
	return !master || changed != demoted
}

// leads says whether this controller drives a switch.
func (c *Controller) leads(dp *config.DP) bool {
	if c.o.Mastership == nil {
		return true
	}
	master, _, _ := c.o.Mastership.Term(dp)
	return master
}

// mastery stands by until this controller is to drive the switch, and has it know
// that. What a switch says meanwhile is let go: it is asked for all that matters
// when it is driven. demoted is closed when it must let go.
func (d *datapath) mastery(ctx context.Context, box *inbox) (demoted <-chan struct{}, err error) {
	for {
		master, generation, changed := d.c.o.Mastership.Term(d.dp)
		refused := (<-chan time.Time)(nil)
		if generation != 0 {
			role := openflow.RoleSlave
			if master {
				role = openflow.RoleMaster
			}
			err := d.role(ctx, role, generation)
			switch {
			case err == nil && master:
				d.log.Info("this controller drives the switch", "generation", generation)
				d.c.speakers.reconfigured()
				return changed, nil
			case err != nil && d.conn.Err() != nil:
				return nil, err
			case err != nil:
				d.log.Warn("the switch refuses a role", "master", master, "error", err)
				if e := (*openflow.Error)(nil); master && errors.As(err, &e) && e.Kind == openflow.RoleRequestFailed && e.Code == staleRole {
					d.c.o.Mastership.Renew(d.dp)
				}
				refused = time.After(roleRetry)
			}
		}
		if err := d.standBy(ctx, box, changed, refused); err != nil {
			return nil, err
		}
	}
}

func (d *datapath) role(ctx context.Context, role openflow.Role, generation uint64) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	reply, err := d.conn.Request(ctx, &openflow.RoleRequest{Role: role, GenerationID: generation})
	if err != nil {
		return err
	}
	if r, ok := reply.(*openflow.RoleReply); !ok || r.Role != role {
		return fmt.Errorf("it answers %v", reply)
	}
	return nil
}

// standBy waits until something has changed, or it is time to ask again.
func (d *datapath) standBy(ctx context.Context, box *inbox, changed <-chan struct{}, again <-chan time.Time) error {
	for {
		select {
		case <-changed:
			d.c.speakers.reconfigured()
			return nil
		case <-again:
			return nil
		case <-box.news:
			for box.take() != nil {
			}
		case <-d.news:
			before := d.dp
			if !d.take() {
				return errUnconfigured
			}
			d.event("CONFIG_CHANGE", restart(restarted{before, d.dp, true}.kind())) // its master has it take that
		case look := <-d.asked:
			look()
		case do := <-d.links.posts:
			if err := do(ctx); err != nil {
				return err
			}
		case <-d.conn.Done():
			return d.conn.Err()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
