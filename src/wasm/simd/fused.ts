// What is compiled a second time with fused multiply-add: only what measures. Training keeps the rounding of tfjs.
export { classGhost, foldGram } from './class-gram';
export { classProductGram, classProducts, exampleProduct } from './class-product';
