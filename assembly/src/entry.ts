/** Everything the host may call. Arguments are offsets into the imported memory; the kernel allocates nothing. */
export { gemm_f32_8x12, gemm_scratch_bytes } from "./gemm";
export { gemm_integer_8x12, integer_form } from "./gemm_integer";
export { gemm_quantized_8x12 } from "./gemm_weight";
export {
  abs_f32, add_f32, ceil_f32, cos_f32, div_f32, equal_f32, erf_f32, exp_f32, floor_f32, greater_f32, greater_or_equal_f32, less_f32,
  less_or_equal_f32, log_f32, max_f32, min_f32, mul_f32, neg_f32, not_f32, pow_f32, reciprocal_f32, relu_f32, round_f32,
  sigmoid_f32, sign_f32, sin_f32, softplus_f32, sqrt_f32, sub_f32, tanh_f32, trunc_f32, not_zero_f32, where_f32,
} from "./elementwise";
export { mean_f32, reduce_max_f32, reduce_min_f32, sum_f32 } from "./reduce";
export {
  copy_strided_f32, cumulative_sum_f32, fill_f32, gather_elements_f32, gather_f32, gather_quantized_f32, scatter_add_f32,
  to_indices_i32,
} from "./movement";
export { madd_peak_f32 } from "./simd";
export { dynamic_scale_f32, quantize_f32 } from "./quantize";
export { softmax_f32 } from "./softmax";
export { layer_norm_f32, rms_norm_f32 } from "./norm";
export { gelu_erf_f32, gelu_tanh_f32, silu_f32 } from "./activation";
export { attention_f32, attention_tile_bytes } from "./attention";
