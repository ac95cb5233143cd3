// OpenCL 1.2 is all this project asks of a device.
#pragma once
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
