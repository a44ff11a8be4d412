package media

// The tables of ITU-T G.722 §6.

// g722Mirror holds every second coefficient of the symmetric quadrature mirror
// filter (table 11); reversed it gives the others.
var g722Mirror = [12]int{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}

// g722Decision are the decision levels of the six-bit quantizer (table 14, Q6).
var g722Decision = [30]int{0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858,
	940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919}

// g722Lower6 are the output values of the six-bit inverse quantizer (QQ6 by code).
var g722Lower6 = [64]int{
	-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
	-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
	24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
	4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
}

// g722Lower4 are those of the four-bit one, from which both sides adapt (QQ4 by code).
var g722Lower4 = [16]int{0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
	20456, 12896, 8968, 6288, 4240, 2584, 1200, 0}

// g722LowerStep is how the logarithmic scale moves (WL by code).
var g722LowerStep = [16]int{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}

// g722Upper2 and g722UpperStep are the same for the upper band (QQ2, WH).
var (
	g722Upper2    = [4]int{-7408, -1616, 7408, 1616}
	g722UpperStep = [4]int{798, -214, 798, -214}
)

// g722Scale are the mantissas of the scale factors (ILB).
var g722Scale = [32]int{2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008}
