package control

import (
	"context"
	"errors"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// describeTables tells hardware that wants it which tables it is to have, before
// it has any flows. One that refuses may have them anyway: that is said, and its
// flows tell.
func (d *datapath) describeTables(ctx context.Context) error {
	m := pipeline.TableFeatures(d.dp)
	if m == nil {
		return nil
	}
	_, err := d.conn.Request(ctx, m)
	if refused := (*openflow.Error)(nil); errors.As(err, &refused) {
		d.c.o.Metrics.errors.With(d.labels()).Inc()
		d.log.Warn("the switch refuses the tables that it is to have", "error", refused)
		return nil
	}
	if err != nil {
		return fmt.Errorf("describing the tables: %w", err)
	}
	return nil
}
