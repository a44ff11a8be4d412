package exchange

import "fmt"

// overload returns what tells that the machine has enough to do, nil where
// asterisk.conf sets no limit for it: maxload and minmemfree.
func (o *SystemOptions) overload() func() error {
	if o.MaxLoad <= 0 && o.MinMemFree <= 0 {
		return nil
	}
	return func() error {
		load, free, ok := machine()
		switch {
		case !ok:
			return nil
		case o.MaxLoad > 0 && load > o.MaxLoad:
			return fmt.Errorf("the load average is %.2f, above maxload %.2f", load, o.MaxLoad)
		case o.MinMemFree > 0 && free < int64(o.MinMemFree)<<20:
			return fmt.Errorf("%d MB of memory are free, below minmemfree %d", free>>20, o.MinMemFree)
		}
		return nil
	}
}
