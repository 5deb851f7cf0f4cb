#include <stdio.h>
#include <string.h>

#include <covey/error.h>
#include <covey/version.h>

int main(void)
{
    printf("covey %s, %s\n", covey_version(), covey_error_name(COVEY_OK));
    return strcmp(covey_version(), COVEY_VERSION) != 0;
}
