// CLBlast's matrix product [n, n] · [n, n] on device P:D. Prints {"gflops": …}.
//
//     cc -O2 clblast_gemm.c -lclblast -lOpenCL -o clblast_gemm     ./clblast_gemm 0:0 1024
#define CL_TARGET_OPENCL_VERSION 120
#include <clblast_c.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST 16

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void require(int isGood, const char *what, int status) {
    if (isGood) return;
    fprintf(stderr, "clblast_gemm: %s failed (%d)\n", what, status);
    exit(69);
}

int main(int count, char **arguments) {
    unsigned platform = 0, device = 0;
    if (count > 1) require(sscanf(arguments[1], "%u:%u", &platform, &device) == 2, "P:D", 0);
    const size_t n = count > 2 ? strtoul(arguments[2], NULL, 10) : 1024, bytes = 4 * n * n;
    cl_platform_id platforms[MOST];
    cl_device_id devices[MOST];
    cl_uint found = 0;
    cl_int status = clGetPlatformIDs(MOST, platforms, &found);
    require(status == CL_SUCCESS && platform < found, "clGetPlatformIDs", status);
    status = clGetDeviceIDs(platforms[platform], CL_DEVICE_TYPE_ALL, MOST, devices, &found);
    require(status == CL_SUCCESS && device < found, "clGetDeviceIDs", status);

    cl_context context = clCreateContext(NULL, 1, &devices[device], NULL, NULL, &status);
    require(status == CL_SUCCESS, "clCreateContext", status);
    cl_command_queue queue = clCreateCommandQueue(context, devices[device], 0, &status);
    require(status == CL_SUCCESS, "clCreateCommandQueue", status);
    float *values = malloc(bytes);
    require(values != NULL, "malloc", 0);
    for (size_t i = 0; i < n * n; i++) values[i] = (float)(i % 7) - 3;
    cl_mem matrices[3];
    for (int i = 0; i < 3; i++) {
        matrices[i] = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes,
                                     values, &status);
        require(status == CL_SUCCESS, "clCreateBuffer", status);
    }
    enum { runs = 9 };
    double seconds[runs];
    for (int i = -2; i < runs; i++) {
        const double start = now();
        status = CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, n, n,
                              n, 1, matrices[0], 0, n, matrices[1], 0, n, 0, matrices[2], 0, n,
                              &queue, NULL);
        require(status == 0, "CLBlastSgemm", status);
        clFinish(queue);
        if (i >= 0) seconds[i] = now() - start;
    }
    qsort(seconds, runs, sizeof *seconds, ascending);
    printf("{\"gflops\": %.1f}\n", 2e-9 * n * n * n / seconds[runs / 2]);
    return 0;
}
